"""`fimble ask` and `fimble chat`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from fimble_server.terminal import folder, indexing_progress, print_json

chat_app = typer.Typer()


@chat_app.command()
def ask(
    question: Annotated[list[str], typer.Argument(help="A question about the repository.")],
    root: Annotated[Path, typer.Option("--root", help="The workspace's folder.")] = Path(),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Answer a question about the repository, with the places that the answer stands on.

    The JSON object has `answer`, `citations` (number, path relative to the workspace, start_line and end_line, from 1,
    inclusive) and `unknown_names`, which the answer spells and the repository does not.
    """
    from fimble_server.chat.terminal import answer_data, ask_in, print_answer

    root = folder(root)
    with indexing_progress(root, hidden=as_json) as show:
        answer = asyncio.run(ask_in(root, " ".join(question), show, quiet=as_json))
    if as_json:
        print_json(answer_data(answer))
    else:
        print_answer(answer)


@chat_app.command()
def chat(root: Annotated[Path, typer.Argument(help="The workspace's folder.")] = Path()) -> None:
    """Talk about the repository; Ctrl-C ends an answer, Ctrl-D the conversation."""
    from rich.console import Console

    from fimble_server.chat.interactive import talk
    from fimble_server.config import load_settings

    root = folder(root)
    settings, complaints = load_settings(root)
    console = Console()
    for complaint in complaints:
        console.print(f"fimble: {complaint}", style="yellow", markup=False, highlight=False)
    talk(root, settings, console)
