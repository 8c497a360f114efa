"""A code block of an answer put into a file: by its syntax alone, so that the same block always goes to the same place.

A block that shows a whole file takes its place. Definitions take the place of those of the same name, new ones stand
beside their siblings, and imports are added; anything else goes to the cursor. What the block does not show is kept,
and whatever is not certain is refused with the reason.
"""

from collections import Counter
from dataclasses import dataclass

from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_indexer.syntax.outline import Outline, outline
from fimble_indexer.syntax.parse import error_count
from fimble_server.edits.checks import syntax_problem
from fimble_server.edits.placement.blocks import Block, read_block
from fimble_server.edits.placement.encoding import to_bytes, to_text
from fimble_server.edits.placement.imports import import_replacements
from fimble_server.edits.placement.indentation import Style, reindent, style_of
from fimble_server.edits.placement.merging import Merge
from fimble_server.edits.placement.placing import ApplyError, File, indent_at, replaced, style_in, words

__all__ = ["Applied", "ApplyError", "add_imports", "apply_code", "shows_all"]

_SHARED = 0.6  # of a file's lines, from which a block without definitions counts as the whole file


@dataclass(frozen=True, slots=True)
class Applied:
    """The text of the file with the code in it, how the code was placed, and what of it has no place."""

    text: str
    how: str
    left_out: tuple[str, ...] = ()


def apply_code(
    text: str, code: str, path: str, *, cursor: int | None = None, language: Language | None = None
) -> Applied:
    """Put a code block into the text of the file ``path``, whose name tells the language unless it is given.

    ``cursor`` is an offset in characters: it decides between namesakes, and is where code goes that names nothing.

    Raises:
        ApplyError: the code has no certain place, or the file would no longer parse.

    """
    language = language or language_for_path(path)
    block = read_block(code, path, language, text)
    if not block.text.strip():
        raise ApplyError("The code is empty")
    source = to_bytes(text)
    at = None if cursor is None else len(to_bytes(text[:cursor]))
    found = outline(source, language) if language else None
    style = _style(source, found, block)
    if not text.strip():
        return _whole(text, block, style)
    if language is None or found is None:
        return _without_syntax(text, block, cursor, style)
    file = File(source, language, found, style, at)
    is_at_cursor = not block.items and not block.imports and not _is_whole(file, block)
    if block.errors and not is_at_cursor and not error_count(source, language):
        raise ApplyError("The code has a syntax error; ask for it again")
    if is_at_cursor:
        applied = _at_cursor(file, block, found)
    else:
        is_whole = _is_whole(file, block) and not _drops_something(file, block)
        applied = _whole(text, block, style) if is_whole else _placed(file, block)
    if problem := syntax_problem(text, applied.text, language):
        raise ApplyError(f"The code does not fit into the file: {problem}")
    return applied


def shows_all(text: str, code: str, path: str, language: Language) -> bool:
    """Tell whether a code block shows all that a text defines, so that what is missing in it is to go."""
    source = to_bytes(text)
    found = outline(source, language)
    block = read_block(code, path, language, text)
    return found is not None and _is_whole(File(source, language, found, style_in(source, found), None), block)


def add_imports(text: str, code: str, path: str, language: Language) -> str:
    """Return the text of the file ``path`` with those imports of a code block that it has not."""
    source = to_bytes(text)
    found = outline(source, language)
    if found is None:
        return text
    block = read_block(code, path, language, text)
    replacements, _ = import_replacements(File(source, language, found, style_in(source, found), None), block)
    return to_text(replaced(source, replacements))


def _style(source: bytes, found: Outline | None, block: Block) -> Style:
    """Return the style of a file, and where it has none, that of the block."""
    style = style_in(source, found)
    return style if style.unit else Style(style_in(block.source, block.outline).unit, style.newline)


def _whole(text: str, block: Block, style: Style) -> Applied:
    if block.elisions:
        raise ApplyError("The code leaves parts of the file out; ask for the whole of it")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    end = style.newline if not text or text.endswith(("\n", "\r")) else ""
    how = "replaced the whole file" if text.strip() else "filled the empty file"
    code = block.text.removeprefix(mark)
    base = code[: len(code) - len(code.lstrip(" \t"))]
    if all(line.startswith(base) for line in code.split("\n") if line.strip()):
        code = "\n".join(line.removeprefix(base) for line in code.split("\n"))
    return Applied(mark + code.replace("\n", style.newline) + end, how)


def _is_whole(file: File, block: Block) -> bool:
    """Tell a block that shows all that a file has: what is missing in it is not in the file either."""
    if block.elisions or block.is_wrapped:
        return False
    if not file.outline.items:
        return not block.items and _shared_lines(file.source, to_bytes(block.text)) >= _SHARED
    shown = {item.qualified_name for top in block.items for item in top.walk()}
    return (
        all(item.qualified_name in shown for item in file.outline.all_items)
        and bool(block.imports) >= bool(file.outline.imports)
        and bool(block.others) >= bool(file.outline.others)
        and _begins_alike(file, block)
    )


def _drops_something(file: File, block: Block) -> bool:
    """Tell a block that has all names of a file, but not what stands around them.

    That are comments and annotations above a definition, and conditions: a name may be defined in each of two.
    """
    shown = {item.qualified_name: item for top in block.items for item in top.walk()}
    names = Counter(item.qualified_name for top in block.items for item in top.walk())
    if Counter(item.qualified_name for item in file.outline.all_items) - names:
        return True
    pairs = [(item, shown[item.qualified_name]) for item in file.outline.all_items]
    return any(
        bool(old.comments) > bool(new.comments)
        or bool(old.annotations) > bool(new.annotations)
        or bool(file.indent_at(old.span.start)) > bool(indent_at(block.source, new.span.start))
        for old, new in pairs
    )


def _shared_lines(old: bytes, new: bytes) -> float:
    lines = [line.strip() for line in old.split(b"\n") if line.strip()]
    present = {line.strip() for line in new.split(b"\n")}
    return sum(line in present for line in lines) / len(lines)


def _begins_alike(file: File, block: Block) -> bool:
    """Tell whether the block has the comment that the file begins with, such as a licence."""
    comments = file.outline.comments
    if not comments or any(item.lead <= comments[0].start for item in file.outline.items):
        return True
    first = file.source[comments[0].start : comments[0].end].split(b"\n")[0].strip()
    return first in {line.strip() for line in block.source.split(b"\n")}


def _placed(file: File, block: Block) -> Applied:
    merge = Merge(file, block)
    replacements, count = import_replacements(file, block)
    merge.place(block.items)
    how = merge.how
    if count:
        how = [*how, f"added {count} import{'s' * (count > 1)}"]
    known = words(file.source)
    left_out = list(merge.left_out)
    for other in block.others:
        line = block.line_of(other.start)
        if line not in block.elisions and words(block.source[other.start : other.end]) not in known:
            first = block.source[other.start : other.end].split(b"\n")[0].decode("utf-8", "replace").strip()
            left_out.append(f"a statement that defines nothing: {first}")
    text = to_text(replaced(file.source, [*replacements, *merge.replacements]))
    if left_out and text == to_text(file.source):
        raise ApplyError(f"The code has nothing with a certain place; it has {left_out[0]}")
    return Applied(text, "; ".join(how) or "the file has it all already", tuple(left_out))


def _at_cursor(file: File, block: Block, found: Outline) -> Applied:
    if block.elisions:
        raise ApplyError("The code leaves parts out and names no definition; ask for the whole definition")
    if file.cursor is None and block.errors:
        raise ApplyError("The code has a syntax error; ask for it again")
    if file.cursor is None:
        raise ApplyError("The code names no definition of the file; put the cursor where it belongs")
    text = to_text(file.source)
    cursor = len(to_text(file.source[: file.cursor]))
    line = _line_at(text, cursor)
    behind = len(to_bytes(text[: line[1]]))
    if any(found.is_text(place, place) for place in (file.cursor, behind)):
        raise ApplyError("The cursor is in a string or a comment; put it where the code belongs")
    return _inserted(text, block, cursor, file.style)


def _without_syntax(text: str, block: Block, cursor: int | None, style: Style) -> Applied:
    if _shared_lines(to_bytes(text), to_bytes(block.text)) >= _SHARED:
        return _whole(text, block, style)
    if cursor is None:
        raise ApplyError("Fimble knows no definitions in such a file; put the cursor where the code belongs")
    return _inserted(text, block, cursor, style)


def _inserted(text: str, block: Block, cursor: int, style: Style) -> Applied:
    """Put the block in the place of the cursor's line if that is blank, else below it."""
    start, end = _line_at(text, cursor)
    line = text[start:end]
    indent = line[: len(line) - len(line.lstrip())]
    code = block.text
    base = code[: len(code) - len(code.lstrip(" \t"))]
    moved = reindent(code.lstrip(" \t"), base, indent, source=style_of(code), style=style)
    if not line.strip():
        return Applied(f"{text[:start]}{indent}{moved}{text[end:]}", "put at the cursor")
    return Applied(f"{text[:end]}{style.newline}{indent}{moved}{text[end:]}", "put below the cursor's line")


def _line_at(text: str, offset: int) -> tuple[int, int]:
    """Return where the line of an offset begins, and where it ends without its line end."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    ends = [position for mark in "\r\n" if (position := text.find(mark, offset)) >= 0]
    return start, min(ends, default=len(text))
