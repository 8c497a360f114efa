"""What a command is given, and what it proposes. Nothing is applied here. Lines are 0-based."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from fimble_indexer.syntax.languages import Language
from fimble_prompts.commands import Command
from fimble_prompts.editing import Subject
from fimble_prompts.fim import Snippet
from fimble_server.edits.asking import Answer
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.selection import Selection


@dataclass(frozen=True)
class Task:
    """A command on lines of a file; `path` is relative to the workspace, with slashes."""

    command: Command
    path: str
    text: str
    language: Language | None
    selection: Selection
    instruction: str = ""
    diagnostics: Sequence[str] = ()
    """What tools say of the lines."""
    head: str = ""
    """Lines of the file before those of the selection that tell what they use and what they are in."""
    snippets: Sequence[Snippet] = ()
    """Code of other places that the lines use."""
    paths: Sequence[str] = ()
    """The files of the workspace."""
    read: Callable[[str], str | None] = lambda _: None
    """Returns the text of a file of the workspace as the user has it, or None if there is none."""

    def subject(self, code: str) -> Subject:
        """Return code of the task as the model is told of it."""
        return Subject(code, self.language, self.head, self.snippets, self.diagnostics)

    @property
    def name(self) -> str:
        """What the code is called."""
        definition = self.selection.definition
        return definition.name if definition else "this code"


@dataclass(frozen=True)
class Remark:
    """What a review says of a line."""

    line: int
    message: str


@dataclass(frozen=True)
class Proposal:
    """What became of a task: an edit, words, remarks, or none of them with a notice that says why.

    An edit with problems is to be shown with them, and never applied by itself.
    """

    title: str
    edit: FileEdit | None = None
    problems: tuple[str, ...] = ()
    answer: str = ""
    remarks: tuple[Remark, ...] = ()
    notice: str = ""
    prompt_tokens: int = 0
    """Of the longest question."""
    answer_tokens: int = 0
    """Of all answers together."""

    def counting(self, answer: Answer) -> Self:
        """Return the proposal with the tokens of one more answer."""
        return replace(
            self,
            prompt_tokens=max(self.prompt_tokens, answer.prompt_tokens),
            answer_tokens=self.answer_tokens + answer.answer_tokens,
        )
