"""A command on code, from what the user points at to what is proposed."""

from collections.abc import Awaitable, Callable

from fimble_prompts.commands import Result
from fimble_server.edits.asking import OnText
from fimble_server.edits.commenting import comment_code
from fimble_server.edits.documenting import document_code
from fimble_server.edits.files import EditError
from fimble_server.edits.proposal import Proposal, Task
from fimble_server.edits.replacing import replace_code
from fimble_server.edits.telling import explain_code, review_code
from fimble_server.edits.testing import write_tests
from fimble_server.edits.translating import translate_code
from fimble_server.engine.client import Engine

_WAYS: dict[Result, Callable[[Engine, Task, OnText | None], Awaitable[Proposal]]] = {
    "replace": replace_code,
    "comments": comment_code,
    "documentation": document_code,
    "tests": write_tests,
    "file": translate_code,
    "prose": explain_code,
    "diagnostics": review_code,
}


async def propose(engine: Engine, task: Task, on_text: OnText | None = None) -> Proposal:
    """Return what the command makes of the code; `on_text` gets the answer's text as it comes.

    Cancelling the task ends it, and nothing has changed.

    Raises:
        FimbleError: the command lacks an instruction, or the model or the engine cannot be used.

    """
    if task.command.instruction == "required" and not task.instruction.strip():
        raise EditError(f"the command {task.command.name} needs an instruction")
    return await _WAYS[task.command.result](engine, task, on_text)
