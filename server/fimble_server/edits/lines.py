"""Lines of a file as a model sees them, and its answer put back among the lines of the file.

A model sees code without secrets, without the indentation that all lines share, with plain line feeds. What it
repeats comes back byte for byte as it is in the file; what it changes gets the file's indentation and line ends.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from fimble_indexer.files.secrets import REDACTED, redact
from fimble_server.edits.changes import plain, shared_length, split_lines, without_end
from fimble_server.edits.files import EditError

_TAB_COLUMNS = 4


@dataclass(frozen=True)
class ShownLines:
    """Some lines of a file, with their ends, and each as a model sees it."""

    lines: tuple[str, ...]
    shown: tuple[str, ...]
    indentation: str
    """What all lines that are not blank begin with in the file, and none as it is shown."""
    line_end: str
    """What most lines of the file end with."""
    start_line: int = 0
    """The number of the first one in the file, from 0."""

    @property
    def code(self) -> str:
        """What the model sees."""
        return "\n".join(self.shown)


def show_lines(text: str, start_line: int, end_line: int) -> ShownLines:
    """Show the lines from `start_line` to before `end_line` of a file's text; 0-based."""
    lines = split_lines(text)
    shown = redact(plain(text)).split("\n")[start_line:end_line]  # as a whole: some secrets take many lines
    indentation = _shared_indentation(shown)
    ends = Counter(line[len(without_end(line)) :] for line in lines)
    del ends[""]
    return ShownLines(
        tuple(lines[start_line:end_line]),
        tuple(line.removeprefix(indentation) if line.strip() else "" for line in shown),
        indentation,
        max(ends, key=lambda end: ends[end], default="\n"),
        start_line,
    )


def put_back(shown: ShownLines, answer: str, *, keep_quotes: bool) -> str:
    """Return the lines of the file as the answer has them.

    With `keep_quotes` a line that differs in nothing but the kind of its quotes counts as repeated.

    Raises:
        EditError: the answer changes a line that holds a secret, which the model did not see, or has some of several
            that look the same without their secrets.

    """
    answered = _like_file(_dedented(answer.split("\n")), shown)
    old, new = ([_key(line, keep_quotes=keep_quotes) for line in lines] for lines in (shown.shown, answered))
    result: list[str] = []
    hidden = Counter(key for key in old if REDACTED in key)
    kept: Counter[str] = Counter()
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            result += shown.lines[start:end]
            kept.update(key for key in old[start:end] if key in hidden)
        elif kind != "delete":
            result += [shown.indentation + line if line.strip() else "" for line in answered[new_start:new_end]]
    is_changed = any(REDACTED in line and line not in shown.lines for line in result)
    if is_changed or any(0 < kept[key] < count for key, count in hidden.items()):
        raise EditError("the answer changes a line that holds a secret, which was not shown to the model")
    return _joined(result, shown)


def _key(line: str, *, keep_quotes: bool) -> str:
    line = line.rstrip()
    return line.replace("'", '"') if keep_quotes else line


def _shared_indentation(lines: Sequence[str]) -> str:
    """Return what all lines that are not blank begin with."""
    found = [_indentation(line) for line in lines if line.strip()]
    first, last = min(found, default=""), max(found, default="")
    return first[: shared_length(first, last)]


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _dedented(lines: Sequence[str]) -> list[str]:
    """Take away an indentation that all lines share: it was none of the code's as it was shown."""
    indentation = _shared_indentation(lines)
    return [line.removeprefix(indentation) for line in lines]


def _like_file(lines: list[str], shown: ShownLines) -> list[str]:
    """Indent by tabs where the file does, and by spaces where it does."""
    own = [line[:1] for line in (*shown.shown, shown.indentation) if line[:1] in {" ", "\t"}]
    foreign = " " if "\t" in own and " " not in own else "\t" if " " in own and "\t" not in own else ""
    if not foreign or not any(line.startswith(foreign) for line in lines):
        return lines
    columns = _TAB_COLUMNS if foreign == "\t" else min(len(_indentation(line)) for line in lines if line[:1] == " ")

    def converted(line: str) -> str:
        indentation = _indentation(line)
        width = len(indentation.expandtabs(columns))
        blanks = "\t" * (width // columns) + " " * (width % columns) if foreign == " " else " " * width
        return blanks + line[len(indentation) :]

    return [converted(line) for line in lines]


def _joined(lines: Sequence[str], shown: ShownLines) -> str:
    """End each line as its file does, and the last one as the last one did."""
    if not lines:
        return ""
    last = shown.lines[-1][len(without_end(shown.lines[-1])) :] if shown.lines else shown.line_end
    ended = [line if line != without_end(line) else line + shown.line_end for line in lines[:-1]]
    return "".join([*ended, without_end(lines[-1]) + last])
