"""The screen of the simulated editor: which suggestion is on it, and how many new ones were."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

_WORD = re.compile(r"\s*(\w+|[^\w\s]+)")


@dataclass(frozen=True)
class Suggestion:
    """Text to insert at the cursor in place of the next `replaced` characters."""

    text: str
    replaced: int = 0


@dataclass(frozen=True)
class Verdict:
    """What of a suggestion is right: each the text that one key would insert, or "" if it is wrong."""

    word: str = ""
    line: str = ""
    whole: str = ""


@dataclass
class Shown:
    """A suggestion that was new on the screen, and what became of it."""

    text: str
    typed: int
    """Characters of the target that were typed when it appeared."""
    word_right: bool
    line_right: bool
    accepted: bool = False


def judge(suggestion: Suggestion, remaining: str, behind: str) -> Verdict:
    """Compare a suggestion with what remains to be typed; `behind` is the text after the cursor.

    Right are the whole text if it is all that remains of the target, the first line if it is all that remains of the
    line, and the first word if the target goes on with that very word.
    """
    text = suggestion.text
    if replaced := behind[: suggestion.replaced]:
        if not text.endswith(replaced):
            return Verdict()  # it would change what is there
        text = text.removesuffix(replaced)
    line = text.partition("\n")[0]
    word = match[0] if (match := _WORD.match(text)) else ""
    following = remaining[len(word) : len(word) + 1]
    word_ends = not (_is_word(word[-1:]) and _is_word(following))
    return Verdict(
        word=word if word and remaining.startswith(word) and word_ends else "",
        line=line if line and line == remaining.partition("\n")[0] else "",
        whole=text if text and text == remaining else "",
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


class Screen:
    """What the user sees. Text that merely is the rest of the suggestion shown before is not a new suggestion."""

    def __init__(
        self,
        judged: Callable[[Suggestion], Verdict] = lambda _suggestion: Verdict(),
        typed: Callable[[], int] = lambda: 0,
    ) -> None:
        """Use functions that judge a suggestion for now, and tell how many characters are typed."""
        self.current: Suggestion | None = None
        self.shown: list[Shown] = []
        self._judged = judged
        self._typed = typed
        self._rest = ""
        """What is left of the newest suggestion, whether it is on the screen or not."""

    def show(self, suggestion: Suggestion | None) -> None:
        """Put a suggestion on the screen, or nothing."""
        self.current = suggestion if suggestion and suggestion.text else None
        if self.current is None:
            return
        if not self._rest.startswith(self.current.text):
            verdict = self._judged(self.current)
            self.shown.append(
                Shown(self.current.text, self._typed(), bool(verdict.word), bool(verdict.line or verdict.whole))
            )
            self._rest = self.current.text

    def edited(self, inserted: str, *, deleted: bool) -> None:
        """Go on after an edit as editors do: a suggestion stays if what was inserted is its beginning."""
        keeps = not deleted and self._rest.startswith(inserted)
        self._rest = self._rest[len(inserted) :] if keeps else ""
        if self.current is not None:
            rest = self.current.text.removeprefix(inserted)
            stays = not deleted and rest and rest != self.current.text
            self.current = replace(self.current, text=rest) if stays else None

    def accept(self) -> None:
        """Note that the user takes the newest suggestion, or a part of it."""
        self.shown[-1].accepted = True
