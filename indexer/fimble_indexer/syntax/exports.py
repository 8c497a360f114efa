"""What other files can use, told by the name of a definition and by the words in front of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

# What stands in one of these is as visible as it is, whatever its own words.
_OPEN_KINDS = frozenset({"enum", "interface", "trait", "scope.open"})
_NAMESPACES = frozenset({"module", "scope.hidden"})
_EXPORT = re.compile(rb"\bexports?\b")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ExportRule:
    """The rule of one language; without any condition, everything is exported.

    A definition that stands in no type needs one of the words ``top_with`` and none of ``top_without`` before its name;
    for the members of types these are ``members_with`` and ``members_without``. ``names`` is a pattern that the name
    begins with. With ``global_scripts``, a file that exports nothing is a script, and all that it defines is global.
    """

    names: str = ""
    top_with: tuple[str, ...] = ()
    top_without: tuple[str, ...] = ()
    members_with: tuple[str, ...] = ()
    members_without: tuple[str, ...] = ()
    global_scripts: bool = False

    def allows(self, name: str, header: Callable[[], str], enclosing: str | None) -> bool:
        """Tell whether a definition is exported that stands behind ``header`` in something of kind ``enclosing``."""
        if re.match(self.names, name) is None:
            return False
        is_top = enclosing is None or enclosing in _NAMESPACES
        needed, unwanted = (self.top_with, self.top_without) if is_top else (self.members_with, self.members_without)
        if not needed and not unwanted:
            return True
        words = set(_WORD.findall(header()))
        return words.isdisjoint(unwanted) and (not needed or enclosing in _OPEN_KINDS or not words.isdisjoint(needed))

    def is_script(self, source: bytes) -> bool:
        """Tell whether a file is a script, by the absence of words that export."""
        return self.global_scripts and _EXPORT.search(source) is None
