"""What one file imports, ready to be compared with definitions of other files."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from fimble_indexer.modules.resolve import EXACT, ModulePath, module_parts
from fimble_indexer.retrieval.project import Project
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import Definition, FileSymbols

# What a header declares is defined in a file of the same name, wherever that is: names tell more than places.
_LANGUAGES_WITH_HEADERS = frozenset({"c", "cpp"})


@dataclass(frozen=True, slots=True)
class ImportedNames:
    """The names and modules that a file imports.

    ``by_name`` maps an imported name to its modules, each with the name's local name. ``whole`` maps the last part of
    a module that is imported as a whole to all such modules. ``files`` are those that are imported from for certain.
    ``used`` are the names that the file refers to.
    """

    by_name: defaultdict[str, list[tuple[ModulePath, str]]]
    whole: defaultdict[str, list[ModulePath]]
    files: set[str]
    used: frozenset[str]

    @classmethod
    def of(cls, path: str, symbols: FileSymbols, project: Project) -> Self:
        """Collect the imports of the file ``path``; where ``project`` does not know the file, its name has to do."""
        used = frozenset(reference.name for reference in symbols.references)
        names = cls(defaultdict(list), defaultdict(list), set(), used)
        has_headers = (language := language_for_path(path)) is not None and language.name in _LANGUAGES_WITH_HEADERS
        for item in symbols.imports:
            outer = () if has_headers else project.resolve(path, item.module)
            module = ModulePath.of_files(outer) if outer else ModulePath.of(item.module, path)
            names.files.update(outer)
            if item.name is None or item.name == "*":
                names._add_whole(module)
            elif item.name == "default" and item.alias:
                names.by_name[item.alias].append((module, item.alias))
            else:
                names.by_name[item.name].append((module, item.alias or item.name))
                # The name may be that of a module.
                inner = () if has_headers else project.resolve(path, item.module, item.name)
                if not inner:
                    names._add_whole(module.below(item.name))
                elif inner != outer:
                    names._add_whole(ModulePath.of_files(inner))
        return names

    def ends(self) -> set[tuple[str, ...]]:
        """Return the last two parts, or the only one, of the modules that are imported as a whole."""
        return {module.parts[-2:] for modules in self.whole.values() for module in modules}

    def namespaces(self) -> set[str]:
        """Return the modules that are imported as a whole as a definition's ``parent`` would name them."""
        return {".".join(module.parts) for modules in self.whole.values() for module in modules if not module.is_local}

    def rank_modules(self, paths: Iterable[str]) -> dict[str, int]:
        """Tell which of ``paths`` are, or lie right inside, a module imported as a whole, and how well they fit."""
        ranks = {}
        for path in paths:
            likely = [module for part in module_parts(path)[-2:] for module in self.whole.get(part, ())]
            if agreement := max((module.agreement(path) for module in likely), default=0):
                ranks[path] = agreement
        return ranks

    def match(self, path: str, definition: Definition) -> tuple[str, int] | None:
        """Tell the local name of a definition that is imported by name, and how well its file fits."""
        best = None
        for module, local_name in self.by_name.get(definition.name, ()):
            is_namespace = definition.parent is not None and tuple(definition.parent.split(".")) == module.parts
            agreement = EXACT if is_namespace else module.agreement(path)
            if agreement and (best is None or agreement > best[1]):
                best = local_name, agreement
        return best

    def _add_whole(self, module: ModulePath) -> None:
        if module.parts:
            self.whole[module.parts[-1]].append(module)
