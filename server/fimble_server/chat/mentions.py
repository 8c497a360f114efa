"""What a message points at: `@file:PATH`, `@folder:PATH`, `@symbol:NAME`, `@selection`, `@diff`, `@repo` and so on.

Files are read from the index alone, so that a mention reaches nothing that is not in the workspace, is ignored or holds
secrets. Only the user's own words are searched for mentions, never what they lead to.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, get_args

from fimble_indexer.files.secrets import redact
from fimble_indexer.retrieval.repository_map import repository_map
from fimble_indexer.retrieval.search import find_symbols
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.definitions import DATA_KINDS
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.evidence import packed
from fimble_server.chat.places import Place, lines_of, places_by_words
from fimble_server.documents import Document
from fimble_server.edits.changes import plain
from fimble_server.errors import FimbleError

MentionKind: TypeAlias = Literal["file", "folder", "symbol", "selection", "diff", "diagnostics", "terminal", "repo"]
_MENTION = re.compile(
    r"(?<![\w@.])@(?:(?P<named>file|folder|symbol):(?:\"(?P<quoted>[^\"\n]+)\"|(?P<value>[^\s,;?!)\]]*[^\s,;?!)\].:]))"
    r"|(?P<plain>selection|diff|diagnostics|terminal|repo)\b)"
)
_MOST_OF_A_FOLDER = 4
_LONGEST_DEFINITION = 80
"""Lines of a symbol that is mentioned."""


@dataclass(frozen=True)
class Mention:
    """Something that is to be looked at; `value` is a path, a name, or the text itself."""

    kind: MentionKind
    value: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What is around the one who writes the message, as far as it was told."""

    selection: Excerpt | None = None
    diagnostics: Sequence[str] = ()
    diff: Callable[[], str] | None = None


def mentions_in(text: str) -> tuple[str, list[Mention]]:
    """Return a message without the `@` of its mentions, as a reader would say it, and these mentions."""
    found: list[Mention] = []

    def replace(match: re.Match[str]) -> str:
        kind = match["named"] or match["plain"]
        value = match["quoted"] or match["value"] or ""
        found.extend(Mention(known, value) for known in get_args(MentionKind) if known == kind)
        return f"`{value}`" if value else f"the {kind}" if kind != "repo" else "this repository"

    return _MENTION.sub(replace, text), found


def mentioned_excerpts(
    store: Store | None, mentions: Sequence[Mention], message: str, surroundings: Surroundings, characters: int
) -> list[Excerpt]:
    """Return what the mentions mean, without secrets, within so many characters together.

    Raises:
        FimbleError: a mention means nothing; the message says which.

    """
    if Mention("terminal") in mentions and not any(mention.value for mention in mentions if mention.kind == "terminal"):
        raise FimbleError("what the terminal shows is not known here")
    excerpts: list[Excerpt] = []
    for mention in mentions:
        share = max(characters - sum(len(excerpt.text) for excerpt in excerpts), 0)
        excerpts += _excerpts(store, mention, message, surroundings, share)
    return [
        Excerpt(excerpt.path, excerpt.start_line, excerpt.end_line, redact(excerpt.text), excerpt.source)
        for excerpt in excerpts
    ]


def selected_excerpt(document: Document, path: str, start: int, end: int) -> Excerpt | None:
    """Return the characters of a document from `start` to `end` without secrets; None where these are blank.

    Where a line has a secret, the lines are given as a whole: of a part it cannot be told that it is one of a secret.
    """
    text = plain(document.text[start:end]).rstrip("\n")
    if not text.strip():
        return None
    first = bisect_right(document.line_starts, start) - 1
    last = first + text.count("\n") + 1
    whole = plain(document.text)
    lines = redact(whole).split("\n")[first:last]
    if lines != whole.split("\n")[first:last]:
        text = "\n".join(lines)
    return Excerpt(path, first, last, text, "selection")


def _excerpts(
    store: Store | None, mention: Mention, message: str, surroundings: Surroundings, characters: int
) -> list[Excerpt]:
    match mention.kind:
        case "selection":
            if surroundings.selection is None:
                raise FimbleError("nothing is selected")
            selection = surroundings.selection
            return [_cut(replace(selection, text=_readable(selection.text)), characters)]
        case "diagnostics":
            if not surroundings.diagnostics:
                raise FimbleError("there are no diagnostics of this file")
            return [_text("diagnostics", _readable("\n".join(surroundings.diagnostics)), characters)]
        case "terminal":
            return [_text("terminal", _readable(mention.value)[-characters:], characters)] if mention.value else []
        case "diff":
            diff = surroundings.diff() if surroundings.diff else ""
            if not diff.strip():
                raise FimbleError("nothing is changed in the repository")
            return [_text("diff", _readable(diff), characters)]
        case "repo":
            return []
    if store is None:
        raise FimbleError(f"@{mention.kind} needs the index of a workspace, and there is none")
    return _from_index(store, mention, message, characters)


def _from_index(store: Store, mention: Mention, message: str, characters: int) -> list[Excerpt]:
    if mention.kind == "symbol":
        hits = [hit for hit in find_symbols(store, mention.value) if hit.definition.kind not in DATA_KINDS]
        if not hits:
            raise FimbleError(f"nothing is called {mention.value!r} in the repository")
        first = hits[0].definition
        place = (hits[0].path, first.start_line, min(first.end_line, first.start_line + _LONGEST_DEFINITION))
        return _whole_or_best(store, place, message, characters, "symbol")
    path = PurePosixPath(mention.value).as_posix().removeprefix("./").rstrip("/")
    if mention.kind == "file":
        if not store.has_file(path):
            raise FimbleError(
                f"there is no file {mention.value!r} in the index: no file of the workspace, or an ignored one"
            )
        return _whole_or_best(store, (path, 0, len(lines_of(store, path))), message, characters, "file")
    if path not in {"", "."} and not store.has_folder(path):
        raise FimbleError(f"there is no folder {mention.value!r} in the index")
    within = "" if path == "." else path
    outline = "".join(file.render() for file in repository_map(store, characters // 3, within=[within]))
    best = packed(
        store, places_by_words(store, message, within=within), 2 * characters // 3, _MOST_OF_A_FOLDER, source="folder"
    )
    return [_text(f"{within or '.'}/", outline, characters // 3, "folder"), *best] if outline else best


def _whole_or_best(store: Store, place: Place, message: str, characters: int, source: MentionKind) -> list[Excerpt]:
    """Return the lines of a place if they fit, else the windows in it that say most about the message."""
    path, start, end = place
    text = "\n".join(lines_of(store, path, start, end))
    if len(text) <= characters:
        return packed(store, [place], characters, 1, source=source)
    windows = [
        (found, first, last)
        for found, first, last in places_by_words(store, message, within=path)
        if start <= first and last <= end
    ]
    head = (path, start, start + _lines_within(text, characters // 3))
    return packed(store, [head, *windows], characters, len(windows) + 1, most_of_a_file=len(windows) + 1, source=source)


def _lines_within(text: str, characters: int) -> int:
    """Return how many of the first lines fit, at least one."""
    return max(1, text.count("\n", 0, characters))


def _readable(text: str) -> str:
    """Return a text as models take it, without secrets: before it is cut, since of half a one nothing tells."""
    return redact(plain(text))


def _cut(excerpt: Excerpt, characters: int) -> Excerpt:
    """Return as many of an excerpt's first lines as fit."""
    if len(excerpt.text) <= characters:
        return excerpt
    lines = excerpt.text.split("\n")[: _lines_within(excerpt.text, characters)]
    return Excerpt(excerpt.path, excerpt.start_line, excerpt.start_line + len(lines), "\n".join(lines), excerpt.source)


def _text(name: str, text: str, characters: int, source: str = "") -> Excerpt:
    """Return a text that is no file's; of a longer one, its beginning."""
    return Excerpt(name, 0, 0, text[:characters].rstrip("\n"), source or name)
