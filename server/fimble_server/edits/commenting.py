"""Comments out of an answer, placed into code of which not a character changes."""

from collections.abc import Collection
from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate

from fimble_indexer.syntax.languages import Language
from fimble_indexer.syntax.outline import outline
from fimble_server.edits.asking import OnText
from fimble_server.edits.changes import plain
from fimble_server.edits.files import EditError
from fimble_server.edits.lines import ShownLines, put_back
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import replace_code
from fimble_server.engine.client import Engine


async def comment_code(engine: Engine, task: Task, on_text: OnText | None) -> Proposal:
    """Have the code explained by comments between its lines.

    Raises:
        EditError: the language has no comments that end with their line.

    """
    mark = task.language.line_comment if task.language else None
    if mark is None:
        raise EditError(f"there is no kind of comment for single lines in {task.path}")
    inside = lines_inside(task.text, task.language)
    return await replace_code(engine, task, on_text, partial(fit_comments, mark=mark, inside=inside))


def fit_comments(shown: ShownLines, answer: str, *, mark: str, inside: Collection[int] = ()) -> str:
    """Return the lines of the file with the answer's comments above those lines that it repeats.

    A comment at the end of a line goes above it. Comments that are there already, all code of the answer, and what
    would stand above a line of the file that is `inside` of a string are left out.
    """
    own = {line.strip() for line in shown.shown}
    comments: dict[int, list[str]] = {}
    code: list[str] = []
    for line in answer.split("\n"):
        text = line.strip()
        if text.startswith(mark):
            if text not in own:
                comments.setdefault(len(code), []).append(text)
            continue
        before, found, behind = line.rpartition(mark)
        if found and text not in own and before.strip() in own:
            comments.setdefault(len(code), []).append(f"{mark} {behind.strip()}")
            text = before.strip()
        code.append(text)
    places = _same_lines([line.strip() for line in shown.shown], code)
    result: list[str] = []
    for number, line in enumerate(shown.shown):
        indentation = line[: len(line) - len(line.lstrip())]
        if shown.start_line + number not in inside:
            result += [indentation + comment for comment in comments.get(places.get(number, -1), ())]
        result.append(line)
    return put_back(shown, "\n".join(result), keep_quotes=False)


def lines_inside(text: str, language: Language | None) -> frozenset[int]:
    """Return the lines of a text, from 0, that begin inside a string or a comment."""
    source = plain(text).encode()
    found = outline(source, language) if language else None
    if found is None:
        return frozenset()
    starts = accumulate((len(line) + 1 for line in source.split(b"\n")), initial=0)
    return frozenset(number for number, start in enumerate(starts) if found.is_text(start, start))


def _same_lines(old: list[str], new: list[str]) -> dict[int, int]:
    """Map the numbers of old lines that are not blank to those of the same new ones."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {
        block.a + step: block.b + step for block in blocks for step in range(block.size) if old[block.a + step].strip()
    }
