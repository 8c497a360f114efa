"""`fimble chat`: a conversation on a terminal. Ctrl-C ends an answer, Ctrl-D the conversation."""

import asyncio
import contextlib
import importlib
from functools import partial
from pathlib import Path
from uuid import uuid4

from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from fimble_prompts.excerpts import Excerpt
from fimble_server.chat.conversation import ChatRequest, Reply, converse, estimated_tokens
from fimble_server.chat.diff import working_diff
from fimble_server.chat.mentions import Surroundings
from fimble_server.config import Settings
from fimble_server.engine.client import LocalEngine
from fimble_server.errors import FimbleError
from fimble_server.index import update_index
from fimble_server.models.chosen import choose_model

_HELP = """\
Ask about the repository, or anything else. @file:PATH, @folder:PATH, @symbol:NAME, @diff and @repo say what to look at.
/new begins another conversation, /context shows what the last answer was given, /quit ends. Ctrl-C ends an answer."""
_LINES_SHOWN = 12
"""Of an answer while it is written; then all of it is printed."""


def talk(root: Path, settings: Settings, console: Console) -> None:
    """Read messages and print answers until the input ends.

    Raises:
        FimbleError: there is no model.

    """
    choose_model(settings.model)
    with contextlib.suppress(ImportError):  # Windows has none
        importlib.import_module("readline")
    console.print(_HELP, style="dim", markup=False, highlight=False)
    engine = LocalEngine(lambda: choose_model(settings.model).path, settings.engine.options())
    conversation, reply = str(uuid4()), None
    with asyncio.Runner() as runner:
        try:
            while (message := _next_message(console)) is not None:
                if message == "/new":
                    conversation, reply = str(uuid4()), None
                elif message == "/context":
                    _show_context(console, reply.excerpts if reply else ())
                elif message == "/quit":
                    break
                elif message:
                    try:
                        reply = runner.run(
                            _answer(root, settings, engine, _request(root, conversation, message), console)
                        )
                    except KeyboardInterrupt:
                        console.print("(cancelled)", style="dim")
                    except FimbleError as error:
                        console.print(f"fimble: {error}", style="red", markup=False, highlight=False)
        finally:
            runner.run(engine.close())


def _next_message(console: Console) -> str | None:
    """Return what the user types next; None when the input has ended."""
    try:
        return console.input("[bold]> [/]").strip()
    except EOFError:
        console.print()
        return None
    except KeyboardInterrupt:
        console.print()
        return ""


def _request(root: Path, conversation: str, message: str) -> ChatRequest:
    return ChatRequest(conversation, message, surroundings=Surroundings(diff=partial(working_diff, root)))


async def _answer(root: Path, settings: Settings, engine: LocalEngine, request: ChatRequest, console: Console) -> Reply:
    if settings.index.enabled:
        await update_index(root)
    written: list[str] = []
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def show(excerpts: tuple[Excerpt, ...]) -> None:
            tokens = sum(estimated_tokens(excerpt.text) for excerpt in excerpts)
            doing = f"reading {len(excerpts)} excerpts, about {tokens} tokens" if excerpts else "thinking"
            live.update(Text(doing, style="dim"), refresh=True)

        def write(text: str) -> None:
            written.append(text)
            lines = "".join(written).split("\n")[-_LINES_SHOWN:]
            live.update(Text("\n".join(lines)), refresh=True)

        reply = await converse(engine, root, request, settings.chat, on_context=show, on_text=write)
    sources = [
        f"[{citation.number}] {citation.path}:{citation.start_line + 1}-{citation.end_line}"
        for citation in reply.answer.citations
    ]
    meter = f"{reply.used_tokens} of {settings.engine.context_tokens} tokens" if reply.used_tokens else ""
    console.print(Group(Markdown(reply.answer.text), Text("\n".join([*sources, meter]).rstrip(), style="dim")))
    return reply


def _show_context(console: Console, excerpts: tuple[Excerpt, ...]) -> None:
    if not excerpts:
        console.print("nothing", style="dim")
    for number, excerpt in enumerate(excerpts, 1):
        line = f"[{number}] {excerpt.place} ({excerpt.source}, about {estimated_tokens(excerpt.text)} tokens)"
        console.print(line, markup=False, highlight=False)
