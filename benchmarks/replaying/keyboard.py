"""Keys: what a person presses for a text in an editor that indents new lines by itself.

The unit is the key, not the character: Enter also brings the indentation that any editor brings, and where that is not
the wanted one, Tab or Backspace change it by one level each. A closing bracket takes itself to its level.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLOSING = ")]}"
_INDENTATION = re.compile(r"[ \t]*")
_DEFAULT_UNIT = "    "


@dataclass(frozen=True)
class Keyboard:
    """How an editor indents in one place: `line` is what stands before the cursor on the line where typing begins."""

    line: str
    unit: str
    block_openers: tuple[str, ...]

    def press(self, typed: str, goal: str) -> str:
        """Return the text after the next key towards the goal; `typed` is what earlier keys made."""
        if goal.startswith(typed):
            rest = goal[len(typed) :]
            if rest[0] == "\n":
                return f"{typed}\n{self._indentation(typed)}"
            if typed.rpartition("\n")[2].strip() == "" and rest[0] in " \t" and "\n" in typed:
                return typed + _leading_space(rest)[: len(self.unit)]
            return typed + rest[0]
        head, _, space = typed.rpartition("\n")
        rest = goal[len(head) + 1 :]
        wanted = _leading_space(rest)
        following = rest[len(wanted) : len(wanted) + 1]
        if following == "\n":
            return f"{head}\n{wanted}\n{space}"
        if following and following in _CLOSING:
            return f"{head}\n{wanted}{following}"
        shorter = space.removesuffix(self.unit) if space.endswith(self.unit) else space[:-1]
        return f"{head}\n{shorter if len(shorter) > len(wanted) else wanted}"

    def count(self, goal: str) -> int:
        """Count the keys for the whole goal."""
        return sum(1 for _ in self._states(goal))

    def _states(self, goal: str) -> Iterator[str]:
        typed = ""
        while typed != goal:
            typed = self.press(typed, goal)
            yield typed

    def _indentation(self, typed: str) -> str:
        lines = [line for line in (self.line + typed).split("\n") if line.strip()]
        above = lines[-1] if lines else self.line
        deeper = above.rstrip().endswith((*self.block_openers, "(", "["))
        return _leading_space(above) + (self.unit if deeper else "")


def indentation_unit(text: str) -> str:
    """Return what one level of indentation is in a file: a tab, or the step between lines that is seen most."""
    steps: dict[str, int] = {}
    above = ""
    for line in text.splitlines():
        if not line.strip():
            continue
        space = _leading_space(line)
        if space != above and space.startswith(above):
            step = space[len(above) :]
            steps[step] = steps.get(step, 0) + 1
        above = space
    return max(steps, key=lambda step: steps[step], default=_DEFAULT_UNIT)


def _leading_space(text: str) -> str:
    match = _INDENTATION.match(text)
    return match[0] if match else ""
