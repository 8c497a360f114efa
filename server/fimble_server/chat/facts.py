"""Answers that the graph of uses gives by itself: who calls something, and what a change of it reaches.

No model words them: what is listed is there, and nothing else is listed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fimble_indexer.retrieval.search import SymbolHit, is_test_path
from fimble_indexer.retrieval.usage import Use, callers_of, dependents
from fimble_indexer.storage.store import Store
from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.places import lines_of

_MOST_USES = 200
_MOST_LISTED = 12
"""Of callers, of files, of namesakes: the rest is counted."""
_FOLLOWED = 6
"""Callers whose own callers are looked up."""
_LONGEST = 40
"""Lines between the first and the last use in one definition that are cited together."""


@dataclass
class _Report:
    """Lines of text, and the excerpts that they refer to by number."""

    lines: list[str] = field(default_factory=list)
    excerpts: list[Excerpt] = field(default_factory=list)

    def cite(self, store: Store, path: str, start: int, end: int) -> str:
        excerpt = Excerpt(path, start, end, "\n".join(lines_of(store, path, start, end)), "graph")
        if excerpt not in self.excerpts:
            self.excerpts.append(excerpt)
        return f"[{self.excerpts.index(excerpt) + 1}]"

    def add(self, line: str) -> None:
        self.lines.append(line)


Facts = tuple[str, tuple[Excerpt, ...]]
"""An answer, and the excerpts that its numbers mean."""


def callers(store: Store, hits: Sequence[SymbolHit]) -> Facts:
    """Answer who uses a definition: the first of ``hits``; the others of its name are mentioned."""
    report = _Report()
    hit = hits[0]
    uses = callers_of(store, hit, _MOST_USES)
    sure, unsure = _split(uses)
    report.add(f"{_named(report, store, hit)} {_counted(sure)}")
    _list_uses(report, store, sure)
    if unsure:
        report.add("\nThese use a name that is spelled so, and may mean another one:")
        _list_uses(report, store, unsure)
    _mention_namesakes(report, store, hits)
    return "\n".join(report.lines), tuple(report.excerpts)


def reach(store: Store, hits: Sequence[SymbolHit]) -> Facts:
    """Answer what a change of a definition can break: who uses it, who uses these, and which tests do."""
    report = _Report()
    hit = hits[0]
    sure, unsure = _split(callers_of(store, hit, _MOST_USES))
    tests = [use for use in sure if is_test_path(use.path)]
    code = [use for use in sure if not is_test_path(use.path)]
    report.add(f"{_named(report, store, hit)} {_counted(sure)}")
    if code:
        report.add("\nA change of it reaches directly:")
        _list_uses(report, store, code)
    further = _callers_of_callers(store, hit, code)
    if further:
        report.add("\nand through these:")
        _list_uses(report, store, further)
    if tests:
        report.add("\nTests that use it:")
        _list_uses(report, store, tests)
    if unsure:
        report.add("\nThese use a name that is spelled so, and may mean another one:")
        _list_uses(report, store, unsure)
    _mention_namesakes(report, store, hits)
    return "\n".join(report.lines), tuple(report.excerpts)


def reach_of_file(store: Store, path: str) -> Facts:
    """Answer which files a change of a file can break."""
    report = _Report()
    found = dependents(store, path, _MOST_USES)
    here = report.cite(store, path, 0, min(len(lines_of(store, path)), _LONGEST))
    if not found:
        report.add(f"No file of the repository uses what `{path}` {here} defines, as far as names and imports tell.")
    else:
        report.add(f"What `{path}` {here} defines is used in {_files(len(found))}; who uses most of it comes first:")
    for other, _ in found[:_MOST_LISTED]:
        line = _first_use(store, path, other)
        report.add(f"- `{other}` {report.cite(store, other, line, line + 1)}")
    _add_rest(report, len(found), "files")
    return "\n".join(report.lines), tuple(report.excerpts)


def _named(report: _Report, store: Store, hit: SymbolHit) -> str:
    definition = hit.definition
    end = min(definition.end_line, definition.start_line + _LONGEST)
    return f"`{definition.qualified_name}` {report.cite(store, hit.path, definition.start_line, end)}"


def _counted(uses: Sequence[Use]) -> str:
    if not uses:
        return "is used nowhere in the repository, as far as names and imports tell."
    count = "one place" if len(uses) == 1 else f"{len(uses)} places"
    more = "at least " if len(uses) == _MOST_USES else ""
    return f"is used in {more}{count} of {_files(len({use.path for use in uses}))}."


def _files(count: int) -> str:
    return "one file" if count == 1 else f"{count} files"


def _split(uses: Iterable[Use]) -> tuple[list[Use], list[Use]]:
    sure: list[Use] = []
    unsure: list[Use] = []
    for use in uses:
        (sure if use.is_sure else unsure).append(use)
    return sure, unsure


def _list_uses(report: _Report, store: Store, uses: Sequence[Use]) -> None:
    """Add a line for each definition that uses the name, and for each file that does so outside of all."""
    grouped: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for use in uses:
        grouped[use.path, use.within.qualified_name if use.within else ""].append(use.line)
    for (path, within), lines in list(grouped.items())[:_MOST_LISTED]:
        citation = report.cite(store, path, min(lines), min(max(lines) + 1, min(lines) + _LONGEST))
        numbers = ", ".join(str(line + 1) for line in sorted(set(lines)))
        where = f"`{within}` in `{path}`" if within else f"`{path}`"
        report.add(f"- {where}, {'line' if len(set(lines)) == 1 else 'lines'} {numbers} {citation}")
    _add_rest(report, len(grouped), "places")


def _add_rest(report: _Report, count: int, what: str) -> None:
    if count > _MOST_LISTED:
        report.add(f"- and {count - _MOST_LISTED} more {what}")


def _callers_of_callers(store: Store, hit: SymbolHit, uses: Sequence[Use]) -> list[Use]:
    """List who surely uses the definitions that use another one, without what was said of that one already."""
    around = dict.fromkeys(SymbolHit(use.path, use.within) for use in uses if use.within is not None)
    known = {(use.path, use.line) for use in uses}
    found = []
    for caller in list(around)[:_FOLLOWED]:
        if caller != hit and caller.definition.name != hit.definition.name:
            found += [
                use
                for use in callers_of(store, caller, _MOST_LISTED)
                if use.is_sure and (use.path, use.line) not in known and not is_test_path(use.path)
            ]
            known |= {(use.path, use.line) for use in found}
    return found


def _mention_namesakes(report: _Report, store: Store, hits: Sequence[SymbolHit]) -> None:
    others = [hit for hit in hits[1:] if hit.definition.name == hits[0].definition.name]
    if others:
        listed = ", ".join(_named(report, store, other) for other in others[:_MOST_LISTED])
        report.add(f"\nOthers are called so, too; name one by its class or module to ask for it: {listed}")


def _first_use(store: Store, path: str, other: str) -> int:
    """Return the line of a file that first uses what ``path`` defines; 0 if it is only imported as a whole."""
    names = {definition.name for definition in store.definitions_of(path) if definition.exported}
    lines = [line for name in names for user, line in store.references_to(name) if user == other]
    return min(lines, default=0)
