"""New definitions put beside their siblings: those that the block shows them with, else the last of their kind."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from fimble_indexer.syntax.outline import Item, Span
from fimble_server.edits.placement.blocks import Block
from fimble_server.edits.placement.encoding import to_bytes
from fimble_server.edits.placement.placing import (
    DATA,
    SCOPES,
    ApplyError,
    File,
    Replacement,
    code_of,
    end_of,
    indent_at,
    is_member_like,
    title,
)

_PYTHON_GAP, _GAP = 3, 2  # line ends between two definitions where the file does not tell


def insertion(
    file: File, block: Block, item: Item, container: Item | None, previous: Item | None, following: Item | None
) -> tuple[Replacement, str]:
    """Return what adds an item that the file has not, and where that is, in words.

    ``previous`` and ``following`` are what it stands beside in the block, as they are in the file.

    Raises:
        ApplyError: it belongs to a type, and it is not certain to which.

    """
    if container is None:
        container = _home(file, block, item, previous or following)
    siblings = container.members if container else file.outline.items
    if previous is None and not any(following is sibling for sibling in siblings):
        previous, following = _neighbour(item, siblings), None
    end = end_of(block.source, item, file.language)
    end += block.source[end : end + 1] in {b";", b","}
    span = Span(item.lead, end)
    if previous is not None:
        indent = file.indent_at(previous.span.start)
        text = code_of(block, span, target=indent, style=file.style)
        at = _behind(file, previous, container)
        return _added(at, f"{_gap(file, siblings, previous, item)}{indent}{text}"), f"behind {title(previous)}"
    if following is not None:
        indent = file.indent_at(following.lead)
        text = code_of(block, span, target=indent, style=file.style)
        gap = _gap(file, siblings, following, item)
        return _added(following.lead, f"{text}{gap}{indent}"), f"before {title(following)}"
    if container is not None:
        return _first_member(file, block, item, span, container), f"to {title(container)}"
    return _at_end(file, block, item, span), "to the file"


def _home(file: File, block: Block, item: Item, neighbour: Item | None) -> Item | None:
    """Return the container that a new item of the top of a block belongs to; None for the top of the file."""
    if "." in item.qualified_name:
        return None
    containers = [candidate for candidate in file.outline.all_items if candidate.is_container]
    around = [c for c in containers if file.cursor is not None and c.span.start <= file.cursor <= c.span.end]
    if not is_member_like(item, block):
        return around[-1] if neighbour is None and around and around[-1].kind == "module" else None
    if neighbour is not None and (parent := file.parents.get(id(neighbour))) is not None:
        return parent
    if around:
        return around[-1]
    types = [candidate for candidate in containers if candidate.kind != "module"]
    if len(types) == 1:
        return types[0]
    raise ApplyError(f"{item.name} belongs to a type, and the file does not tell to which; put the cursor into it")


def _neighbour(item: Item, siblings: Sequence[Item]) -> Item | None:
    """Return what a new item is to stand behind: the last of its type's methods, or the last of its kind."""
    parent = item.qualified_name.rpartition(".")[0]
    if item.kind in SCOPES:
        parent = item.qualified_name
    related = [
        sibling
        for sibling in siblings
        if parent and (sibling.qualified_name == parent or sibling.qualified_name.startswith(f"{parent}."))
    ]
    if item.kind in DATA:
        leading = next((index for index, sibling in enumerate(siblings) if sibling.kind not in DATA), len(siblings))
        related = [*siblings[:leading]]
        return related[-1] if related else None
    return related[-1] if related else siblings[-1] if siblings else None


def _behind(file: File, item: Item, container: Item | None) -> int:
    """Return where what follows an item begins: behind its line, if that is still in the container."""
    end = file.end_of(item)
    line_end = file.line_end(end)
    body = container.body if container else None
    if body is None or line_end < body.end or file.source[body.start : body.start + 1] != b"{":
        return line_end
    return end + (file.source[end : end + 1] in {b";", b","})


def _first_member(file: File, block: Block, item: Item, span: Span, container: Item) -> Replacement:
    """Put an item into an empty body."""
    assert container.body is not None
    newline = file.style.newline
    outer = file.indent_at(container.span.start)
    inner = f"{outer}{file.style.unit or indent_at(block.source, item.span.start) or '    '}"
    text = code_of(block, span, target=inner, style=file.style)
    interior = Span(container.body.start + 1, container.body.end - 1)
    if file.source[interior.start : interior.end].strip() or file.source[interior.end : container.body.end] != b"}":
        raise ApplyError(f"{title(container)} has no member to put {item.name} beside; ask for the whole of it")
    return Replacement(interior, to_bytes(f"{newline}{inner}{text}{newline}{outer}"))


def _at_end(file: File, block: Block, item: Item, span: Span) -> Replacement:
    """Put an item where the file has nothing like it: data before all definitions, anything else at the end."""
    newline = file.style.newline
    text = code_of(block, span, target="", style=file.style)
    if item.kind in DATA and file.outline.items:
        return _added(file.outline.items[0].lead, f"{text}{newline * 2}")
    tail = "" if file.source.endswith(b"\n") else newline
    return _added(len(file.source), f"{tail}{newline * (_default_gap(file) - 1)}{text}{newline}")


def _gap(file: File, siblings: Sequence[Item], neighbour: Item, item: Item) -> str:
    """Return the line ends between two siblings, as between most others of the container."""
    if item.kind in DATA and neighbour.kind in DATA:
        return file.style.newline
    gaps: Counter[int] = Counter()
    for one, other in pairwise(siblings):
        between = file.source[one.span.end : other.lead]
        if not between.strip(b"\r\n\t ;,") and (one.kind not in DATA or other.kind not in DATA):
            gaps[between.count(b"\n")] += 1
    default = _GAP if file.parents.get(id(neighbour)) is not None else _default_gap(file)
    return file.style.newline * max(gaps.most_common(1)[0][0] if gaps else default, 1)


def _default_gap(file: File) -> int:
    return _PYTHON_GAP if file.language.name == "python" else _GAP


def _added(at: int, text: str) -> Replacement:
    return Replacement(Span(at, at), to_bytes(text))
