"""Which definition of a file a definition of a block means: by qualified name, then by what tells namesakes apart."""

from collections import defaultdict
from collections.abc import Sequence

from fimble_indexer.syntax.outline import Item, Span
from fimble_server.edits.placement.blocks import Block
from fimble_server.edits.placement.placing import CALLABLES, SCOPES, TYPES, ApplyError, File, is_member_like, words

# Here a method without its type looks like any function.
_METHODS_LOOK_LIKE_FUNCTIONS = frozenset({"csharp", "kotlin", "php", "ruby", "scala", "swift"})


def find_matches(items: Sequence[Item], block: Block, file: File, container: Item | None) -> dict[int, Item]:
    """Map items, by their identity, to those whose place they take: in a container or, for None, anywhere in the file.

    What has no match is new.

    Raises:
        ApplyError: there are several for one, and nothing tells which is meant.

    """
    matches: dict[int, Item] = {}
    namesakes: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        namesakes[item.qualified_name, _group(item)].append(item)
    for twins in namesakes.values():
        matches |= _pairs(twins, _candidates(twins[0], block, file, container), block, file)
    return matches


def _pairs(items: list[Item], candidates: list[Item], block: Block, file: File) -> dict[int, Item]:
    """Pair namesakes by their headers, the rest by their order or by the cursor."""
    pairs: dict[int, Item] = {}
    headers = [_header(candidate, file.source) for candidate in candidates]
    for item in items:
        if headers.count(header := _header(item, block.source)) == 1:
            pairs[id(item)] = candidates.pop(index := headers.index(header))
            del headers[index]
    left = [item for item in items if id(item) not in pairs and item.kind not in SCOPES]
    if not left or not candidates:
        return pairs
    if len(candidates) > 1 and len(left) == 1:
        candidates = _at_cursor(candidates, file)
    if len(left) != len(candidates):
        raise ApplyError(
            f"{left[0].qualified_name} is defined {len(headers)} times in the file; put the cursor into the one that "
            "is meant"
        )
    return pairs | {id(item): candidate for item, candidate in zip(left, candidates, strict=True)}


def _at_cursor(candidates: list[Item], file: File) -> list[Item]:
    """Return the candidate that the cursor is in or, if it is in none, the one in whose container it is."""
    if file.cursor is None:
        return candidates
    cursor = Span(file.cursor, file.cursor)
    inside = [item for item in candidates if Span(item.lead, item.span.end).holds(cursor)]
    parents = [(item, file.parents.get(id(item))) for item in candidates]
    beside = [item for item, parent in parents if parent is not None and parent.span.holds(cursor)]
    return inside or beside or candidates


def _candidates(item: Item, block: Block, file: File, container: Item | None) -> list[Item]:
    if container is not None:
        return _fitting(item, [member for member in container.members if member.name == item.name], block)
    everywhere = file.outline.all_items
    ending = f".{item.qualified_name}"
    inner = [
        other
        for other in everywhere
        if other.qualified_name.endswith(ending)
        and _group(other) == _group(item)
        and _may_be_shown_alone(item, other, block, file)
    ]
    exact = _fitting(item, [other for other in everywhere if other.qualified_name == item.qualified_name], block)
    # What takes `self` is a method, even if there is a function of its name as well.
    return inner if inner and is_member_like(item, block) else exact or inner


def _fitting(item: Item, candidates: list[Item], block: Block) -> list[Item]:
    """Prefer what is of the same sort; a class may become a function, but not a constructor, and a scope nothing."""
    same = [candidate for candidate in candidates if _group(candidate) == _group(item)]
    if same or item.kind in SCOPES or is_member_like(item, block):
        return same
    return [candidate for candidate in candidates if candidate.kind not in SCOPES]


def _group(item: Item) -> str:
    if item.kind in CALLABLES:
        return "callable"
    if item.kind in TYPES:
        return "type"
    return "scope" if item.kind in SCOPES else "data"


def _may_be_shown_alone(item: Item, other: Item, block: Block, file: File) -> bool:
    """Tell whether a block may show an item without what is around it in the file."""
    if _group(item) in {"type", "scope"} or "." in item.qualified_name:
        return True
    parent = file.parents.get(id(other))
    if (parent is None or parent.kind == "module") and (other.kind == item.kind or _group(item) == "data"):
        return True  # it stands in a namespace only
    cursor = file.cursor
    return _group(item) == "callable" and (
        is_member_like(item, block)
        or file.language.name in _METHODS_LOOK_LIKE_FUNCTIONS
        or (cursor is not None and other.lead <= cursor <= other.span.end)
    )


def _header(item: Item, source: bytes) -> bytes:
    return words(source[item.span.start : item.body.start if item.body else item.span.end])
