"""`fimble commit`, `fimble hook`, `fimble branch-name`, `fimble pull-request`."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fimble_server.errors import FimbleError

if TYPE_CHECKING:
    from fimble_server.commits.compose import Suggestion
    from fimble_server.commits.repository import Repository
    from fimble_server.commits.writer import Progress
    from fimble_server.config import Settings
    from fimble_server.engine.client import LocalEngine

_log = logging.getLogger(__name__)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Root = Annotated[Path, typer.Option("--root", help="The repository's folder.")]
_HOOK_GRACE_SECONDS = 5.0

WithoutModel = Annotated[bool, typer.Option("--no-model", help="Say only what is certain, at once.")]


hook_app = typer.Typer(no_args_is_help=True, help="Suggest a message whenever `git commit` opens an editor.")


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(commit)
    app.command()(branch_name)
    app.command()(pull_request)
    app.add_typer(hook_app, name="hook")


def commit(
    root: Root = Path(),
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Commit with the message.")] = False,
    all_: Annotated[bool, typer.Option("--all", "-a", help="Of all tracked files, staged or not.")] = False,
    amend: Annotated[bool, typer.Option("--amend", help="For the last commit, together with what is staged.")] = False,
    shorter: Annotated[bool, typer.Option("--shorter", help="A subject alone, shorter than usual.")] = False,
    no_model: WithoutModel = False,
    as_json: Json = False,
) -> None:
    """Write a commit message for what is staged, in the style of the repository.

    The JSON object has message, candidates (the best first), warnings, from_model, style, and files: path, status,
    kind, added and removed lines, symbols, summary.
    """
    from fimble_server.commits.compose import as_data
    from fimble_server.commits.repository import open_repository

    repository = open_repository(root)
    with repository.with_all_changes() if all_ else nullcontext(repository) as seen:
        suggestion = _suggest(
            seen, amend=amend, only_best=not as_json, shorter=shorter, with_model=not no_model, quiet=as_json
        )
    if as_json:
        typer.echo(json.dumps(as_data(suggestion), ensure_ascii=False, indent=2))
    else:
        typer.echo(suggestion.message)
    if apply:
        flags = [flag for flag, is_set in (("--all", all_), ("--amend", amend)) if is_set]
        command = ["git", "-C", str(repository.root), "commit", "--quiet", "--file=-", *flags]
        done = subprocess.run(command, input=suggestion.message.encode(), stdout=sys.stderr, check=False)
        if done.returncode:
            raise FimbleError(f"git commit ended with exit code {done.returncode}; nothing is committed")


def branch_name(
    root: Root = Path(),
    *,
    all_: Annotated[bool, typer.Option("--all", "-a", help="Of all tracked files, staged or not.")] = False,
    no_model: WithoutModel = False,
    as_json: Json = False,
) -> None:
    """Name a branch for what is staged."""
    from fimble_server.commits.branches import branch_name as name_for
    from fimble_server.commits.repository import open_repository

    repository = open_repository(root)
    with repository.with_all_changes() if all_ else nullcontext(repository) as seen:
        suggestion = _suggest(seen, with_model=not no_model, quiet=as_json)
    name = name_for(suggestion, repository)
    typer.echo(json.dumps({"name": name}) if as_json else name)


def pull_request(
    range_: Annotated[str, typer.Argument(metavar="[RANGE]", help="BASE..END; else since the default branch.")] = "",
    root: Root = Path(),
    *,
    no_model: WithoutModel = False,
    as_json: Json = False,
) -> None:
    """Write the title and text of a pull request for a range of commits."""
    from fimble_server.commits.branches import commits_in
    from fimble_server.commits.branches import pull_request as text_for
    from fimble_server.commits.changes import changes_between
    from fimble_server.commits.compose import suggest_for
    from fimble_server.commits.repository import open_repository

    repository = open_repository(root)
    commits = commits_in(repository, range_)
    changes = changes_between(repository, commits.base, commits.end)
    settings = _settings(repository)

    async def suggest() -> "Suggestion":
        with _progress(hidden=as_json) as show:
            async with _engine(settings, wanted=not no_model) as engine:
                return await suggest_for(changes, repository, engine, settings.commit, only_best=True, on_progress=show)

    suggestion = asyncio.run(suggest())
    _warn(suggestion)
    written = text_for(suggestion.message.partition("\n")[0], commits, suggestion.facts, suggestion.style)
    body = "\n".join(written.body)
    typer.echo(json.dumps({"title": written.subject, "body": body}, ensure_ascii=False) if as_json else str(written))


@hook_app.command("install")
def install_hook(root: Root = Path()) -> None:
    """Install the hook; one that is there is run before it."""
    from fimble_server.commits.hook import install
    from fimble_server.commits.repository import open_repository

    typer.echo(f"installed {install(open_repository(root))}")


@hook_app.command("remove")
def remove_hook(root: Root = Path()) -> None:
    """Take the hook away, and put back what was there before."""
    from fimble_server.commits.hook import remove
    from fimble_server.commits.repository import open_repository

    typer.echo(f"removed {remove(open_repository(root))}")


@hook_app.command("run", hidden=True)
def run_hook(file: Path, source: str = typer.Argument(""), _commit: str = typer.Argument("")) -> None:
    """Suggest a message in the file that git names; whatever happens, the commit goes on."""
    from fimble_server.commits.hook import fill, wants_message
    from fimble_server.commits.repository import open_repository

    try:
        repository = open_repository(Path.cwd())
        if not wants_message(repository, file, source):
            return
        settings = _settings(repository)
        seconds = settings.commit.hook_seconds
        # Nothing that hangs, git itself included, may hold the commit up.
        guard = threading.Timer(seconds + _HOOK_GRACE_SECONDS, os._exit, (0,))
        guard.daemon = True
        guard.start()
        hurried = settings.model_copy(update={"commit": settings.commit.model_copy(update={"seconds": seconds})})
        fill(repository, file, _suggest(repository, settings=hurried).message)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a commit is worth more than a suggestion
        typer.echo(f"fimble: no message suggested: {error}", err=True)


def _suggest(
    repository: "Repository",
    *,
    settings: "Settings | None" = None,
    amend: bool = False,
    only_best: bool = True,
    shorter: bool = False,
    with_model: bool = True,
    quiet: bool = False,
) -> "Suggestion":
    """Ask for a message for what is staged, with progress on a terminal; tell the warnings."""
    from fimble_server.commits.compose import SHORT, suggest_message

    used = settings or _settings(repository)

    async def suggest() -> "Suggestion":
        with _progress(hidden=quiet) as show:
            async with _engine(used, wanted=with_model) as engine:
                longest = SHORT if shorter else 0
                return await suggest_message(
                    repository,
                    engine,
                    used.commit,
                    amend=amend,
                    only_best=only_best,
                    longest=longest,
                    on_progress=show,
                )

    suggestion = asyncio.run(suggest())
    _warn(suggestion)
    return suggestion


def _warn(suggestion: "Suggestion") -> None:
    for warning in suggestion.warnings:
        typer.echo(f"fimble: {warning}", err=True)


def _settings(repository: "Repository") -> "Settings":
    from fimble_server.config import load_settings

    settings, complaints = load_settings(repository.root)
    for complaint in complaints:
        _log.warning("%s", complaint)
    return settings


@asynccontextmanager
async def _engine(settings: "Settings", *, wanted: bool) -> AsyncIterator["LocalEngine | None"]:
    from fimble_server.engine.client import LocalEngine
    from fimble_server.models.chosen import choose_model

    if not wanted:
        yield None
        return
    engine = LocalEngine(lambda: choose_model(settings.model).path, settings.engine.options())
    try:
        yield engine
    finally:
        await engine.close()


@contextmanager
def _progress(*, hidden: bool) -> Iterator["Progress"]:
    """Show on a terminal what is being done."""
    from rich.console import Console

    if hidden or not sys.stderr.isatty():
        yield lambda *_: None
        return
    with Console(stderr=True).status("Reading the changes") as line:
        yield lambda what, done, total: line.update(f"{what} ({done + 1}/{total})".capitalize())
