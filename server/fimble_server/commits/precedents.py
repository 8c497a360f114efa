"""Subjects that somebody has written already: for the same doing before, as the changelog's new entry, or as a test.

`feat: update parser to 1.2`, said twice in the history, is said again when the parser moves to 1.3, and a commit that
adds `test_parser_rejects_tabs` rejects tabs in parser.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from fimble_server.commits.claims import claimed
from fimble_server.commits.facts import Facts
from fimble_server.commits.style import Style, split_prefix

_VALUE = re.compile(r"(?<![\w.])v?\d+(?:\.\d+)+(?:[-.+]?\w+)*|(?<![\w.])(?=[a-f]*\d)[0-9a-f]{7,40}(?!\w)")
_HEXADECIMAL = re.compile(r"[0-9a-f]{7,40}")
_MOVES = re.compile(r"\b(?:bump|update|upgrade|release|version|prepare|pin|use)", re.IGNORECASE)
_OPERATORS = "=<>~^! v"
_ENTRY = re.compile(r"\s{0,3}[-*+] +(?P<text>\S.*)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CREDITS = re.compile(
    r"\s*(?:[,;]?\s*(?:by|thanks to) @[\w-]+.*|\(?(?:in |see |fixes |closes )?#\d+\)?|\(@[\w-]+\))\.?\s*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+")
_SHORTEST = 12
_TWICE = 2


def precedents(facts: Sequence[Facts], style: Style) -> list[tuple[str, str]]:
    """Return prefixes, "" for the style's own, and sentences, the best first; mostly there are none."""
    told = claimed(max(facts, key=lambda file: file.weight), facts) if style.language == "en" else ""
    return list(
        dict.fromkeys([*_said_before(facts, style), *_from_changelog(facts, style), *([("", told)] if told else [])])
    )


def _said_before(facts: Sequence[Facts], style: Style) -> Iterator[tuple[str, str]]:
    """Take an earlier subject with the new version or commit in it, or one that names the only file that changes."""
    counts = Counter(_VALUE.sub("{}", subject) for subject in style.subjects)
    for name, new in _moves(facts):
        for subject in style.subjects:
            old = _VALUE.findall(subject)
            form = _VALUE.sub("{}", subject)
            is_same_kind = len(old) == 1 and bool(_HEXADECIMAL.fullmatch(old[0])) == bool(_HEXADECIMAL.fullmatch(new))
            is_meant = name.lower() in form.lower() and (counts[form] >= _TWICE or _MOVES.search(form))
            if is_same_kind and is_meant:
                value = new[: len(old[0])] if _HEXADECIMAL.fullmatch(new) else "v" * old[0].startswith("v") + new
                yield split_prefix(_VALUE.sub(value, subject), style)
                break
    if len(facts) == 1 and facts[0].change.status == "changed" and facts[0].kind not in {"source", "tests"}:
        named = [subject for subject in style.subjects if re.search(rf"(?<!\w){re.escape(facts[0].name)}$", subject)]
        if len(named) >= _TWICE:
            yield split_prefix(Counter(named).most_common(1)[0][0], style)


def _moves(facts: Sequence[Facts]) -> Iterator[tuple[str, str]]:
    """Yield what moves, and to which version or commit; the project itself has no name."""
    for file in sorted(facts, key=lambda file: -file.weight):
        if file.change.is_submodule and file.change.status == "changed":
            yield file.name, file.change.new_blob
        for one in file.dependencies:
            if one.old and one.new:
                yield one.name, one.new.lstrip(_OPERATORS)


def _from_changelog(facts: Sequence[Facts], style: Style) -> Iterator[tuple[str, str]]:
    """Take the entry of a changelog if there is one new one, and something else that it can be about."""
    logs = [file for file in facts if file.kind == "changelog"]
    if len(logs) == len(facts):
        return
    entries = [found["text"] for file in logs for line in file.change.lines("+") if (found := _ENTRY.fullmatch(line))]
    if len(entries) != 1:
        return
    text = _LINK.sub(r"\1", entries[0])
    while (shorter := _CREDITS.sub("", text)) != text:
        text = shorter
    prefix, sentence = split_prefix(text.replace("**", "").strip(), style)
    if len(_ADDRESS.sub("", sentence).strip()) >= _SHORTEST:
        yield prefix, sentence
