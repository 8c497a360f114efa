"""Plans that are open in a window: their steps, the edits that were drafted, and all of those as one."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

from fimble_server.edits.changes import FileEdit
from fimble_server.plans.drafting import Draft
from fimble_server.plans.steps import Plan, PlanError, Step

_MOST_PLANS = 16

ReadCurrent = Callable[[str], str | None]
"""Returns the text of a file of the workspace as it is now, None where there is none."""


@dataclass
class OpenPlan:
    """A plan of a workspace, and what became of its steps so far, by their numbers."""

    root: Path
    plan: Plan
    drafts: dict[int, Draft] = field(default_factory=dict)

    def step(self, number: int) -> Step:
        """Return a step; raises `PlanError` if there is none of this number."""
        for step in self.plan.steps:
            if step.id == number:
                return step
        raise PlanError(f"The plan has no step {number}")

    @property
    def edits(self) -> dict[int, FileEdit]:
        """The edits that were drafted, by the numbers of their steps."""
        return {number: draft.edit for number, draft in self.drafts.items() if draft.edit is not None}

    def chosen(self, numbers: Sequence[int], read: ReadCurrent) -> list[FileEdit]:
        """Return the edits of the steps that the user chose, to be applied as one.

        Raises:
            PlanError: one of them is not drafted or has no edit, or a file was changed meanwhile: nothing is applied.

        """
        edits: list[FileEdit] = []
        for number in dict.fromkeys(numbers):
            step = self.step(number)
            edit = self.edits.get(number)
            if edit is None:
                raise PlanError(f"Step {number} ({step.path}) has no edit; preview it first, or leave it out")
            if read(step.path) != edit.before:
                raise PlanError(f"{step.path} was changed meanwhile; preview step {number} again")
            edits.append(edit)
        if not edits:
            raise PlanError("No step is chosen")
        return edits


class OpenPlans:
    """The newest plans of a window, by their names."""

    def __init__(self) -> None:
        """Begin without any."""
        self._plans: OrderedDict[str, OpenPlan] = OrderedDict()

    def add(self, plan: OpenPlan) -> str:
        """Keep a plan, and return its name; the oldest make room."""
        name = token_urlsafe(8)  # no count: after a restart, an old name must not be that of another plan
        self._plans[name] = plan
        while len(self._plans) > _MOST_PLANS:
            self._plans.popitem(last=False)
        return name

    def get(self, name: str) -> OpenPlan:
        """Return a plan; raises `PlanError` if it is not open any more."""
        if name not in self._plans:
            raise PlanError("The plan is not open any more; make it again")
        self._plans.move_to_end(name)
        return self._plans[name]
