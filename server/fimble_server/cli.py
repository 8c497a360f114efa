"""The command line: `fimble`. Errors are one sentence on stderr and exit code 2; `--json` prints one JSON object."""

import asyncio
import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from fimble_server.chat.cli import chat_app
from fimble_server.commits.cli import add_commands as add_commit_commands
from fimble_server.edits.cli import apply_block, edit
from fimble_server.errors import FimbleError
from fimble_server.models.cli import models_app
from fimble_server.plans.cli import plan
from fimble_server.terminal import folder, indexing_progress, print_json

app = typer.Typer(
    name="fimble",
    help="An offline code assistant for every editor that speaks LSP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(edit)
app.command()(plan)
app.command("apply")(apply_block)
add_commit_commands(app)
app.add_typer(models_app, name="models", help="Get, tune and remove models.")
app.add_typer(chat_app)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Root = Annotated[Path, typer.Argument(help="The workspace's folder.")]
Workspace = Annotated[Path, typer.Option("--root", help="The workspace's folder.")]


def main() -> None:
    """Run the command line; a user's mistake is one sentence, never a traceback."""
    logging.basicConfig(level=logging.WARNING, format="fimble: %(message)s")
    try:
        app()
    except FimbleError as error:
        sys.stderr.write(f"fimble: {error}\n")
        sys.exit(2)
    except OSError as error:
        sys.stderr.write(f"fimble: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


@app.callback(invoke_without_command=True)
def callback(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False
) -> None:
    """Offer options that belong to no command."""
    if show_version:
        typer.echo(version("fimble"))
        raise typer.Exit


@app.command()
def lsp(
    *,
    tcp: Annotated[
        bool, typer.Option("--tcp", help="Listen on a port of this machine, open to all its users, instead of stdio.")
    ] = False,
    stdio: Annotated[bool, typer.Option("--stdio", hidden=True)] = True,  # what some clients add by themselves
    port: Annotated[int, typer.Option(help="The port for --tcp.", min=1, max=65535)] = 2087,
) -> None:
    """Run the language server; editors start this."""
    from fimble_server.lsp import create_server

    del stdio
    server = create_server()
    if tcp:
        server.start_tcp("127.0.0.1", port)
    else:
        server.start_io()


@app.command()
def complete(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE:COL", help="Line and column count from 1.")],
    *,
    as_json: Json = False,
    text: Annotated[
        bool, typer.Option("--stdin", help="Read the file's text from standard input, as an unsaved buffer.")
    ] = False,
) -> None:
    """Suggest code for a place in a file."""
    from fimble_server.complete import complete_at, parse_place

    path, line, column = parse_place(place)
    result = asyncio.run(complete_at(path.resolve(), line, column, sys.stdin.buffer.read() if text else None))
    if as_json:
        print_json(result)
    elif result["text"]:
        typer.echo(result["text"])
    else:
        typer.echo("no suggestion", err=True)


@app.command()
def index(root: Root = Path(), *, as_json: Json = False) -> None:
    """Bring a workspace's index up to date."""
    from fimble_server.index import database_path, update_index

    root = folder(root)
    with indexing_progress(root, hidden=as_json) as show:
        summary = asyncio.run(update_index(root, on_progress=show))
    summary |= {"root": str(root), "database": str(database_path(root))}
    if as_json:
        print_json(summary)
    else:
        typer.echo(
            f"{summary['files']} files, {summary['parsed']} parsed, {summary['removed']} removed, "
            f"{summary['seconds']:.2f} s"
        )


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="Words or names, or a question.")],
    root: Workspace = Path(),
    path: Annotated[str, typer.Option("--path", help="Only in this file or folder.")] = ".",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Results, at most.")] = 10,
    *,
    as_json: Json = False,
) -> None:
    """Find code by words and names in it; the exit code is 1 if there is none.

    The JSON object has the query and `results`, the best first: path, start_line, end_line (from 1, inclusive), score
    (comparable within one search only), text, and of the line that fits best its number `line` and text `preview`.
    """
    from fimble_server.lookup import find_code

    root = folder(root)
    query = " ".join(words)
    within = _in_workspace(root, path)
    with indexing_progress(root, hidden=as_json) as show:
        hits = asyncio.run(find_code(root, query, limit, within=within, on_progress=show))
    if as_json:
        print_json({"query": query, "results": hits})
    else:
        for hit in hits:
            typer.echo(f"{hit['path']}:{hit['line']}: {hit['preview']}")
    _fail_without(hits, f"nothing found for {query!r}")


@app.command()
def symbols(
    name: Annotated[str, typer.Argument(help="A name, or a qualified name such as Class.method.")],
    root: Workspace = Path(),
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Results, at most.")] = 50,
    *,
    as_json: Json = False,
) -> None:
    """Find definitions by name; the exit code is 1 if there is none.

    The JSON object has the name and `results`, the best first: path, kind, name, qualified_name, signature, doc,
    start_line and end_line (from 1, inclusive).
    """
    from fimble_server.lookup import find_definitions

    root = folder(root)
    with indexing_progress(root, hidden=as_json) as show:
        hits = asyncio.run(find_definitions(root, name, limit, on_progress=show))
    if as_json:
        print_json({"name": name, "results": hits})
    else:
        for hit in hits:
            typer.echo(f"{hit['path']}:{hit['start_line']}: {hit['kind']} {hit['qualified_name']}: {hit['signature']}")
    _fail_without(hits, f"nothing found for {name!r}")


@app.command("map")
def map_(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Files and folders to show.")] = None,
    root: Workspace = Path(),
    focus: Annotated[list[str] | None, typer.Option(metavar="FILE", help="Show what matters to this file.")] = None,
    tokens: Annotated[int, typer.Option(min=1, max=1_000_000, help="The map's size, at most; an estimate.")] = 2000,
    *,
    as_json: Json = False,
) -> None:
    """Show the files and signatures that matter most, in the order of their paths; the exit code is 1 if none fits.

    The JSON object has `files`: path, rank (of all files together 1), text (as it is printed) and definitions (kind,
    name, qualified_name, signature, start_line, end_line; from 1, inclusive).
    """
    from fimble_server.lookup import map_repository

    root = folder(root)
    within = [_in_workspace(root, path) for path in paths or ()]
    focused = [_in_workspace(root, path) for path in focus or ()]
    with indexing_progress(root, hidden=as_json) as show:
        files = asyncio.run(map_repository(root, tokens, focus=focused, within=within, on_progress=show))
    if as_json:
        print_json({"root": str(root), "focus": focused, "files": files})
    else:
        typer.echo("".join(file["text"] for file in files), nl=False)
    _fail_without(files, f"no definition fits into {tokens} tokens, or there is none")


@app.command()
def doctor(root: Root = Path(), *, as_json: Json = False) -> None:
    """Check versions, processor, model, index and engine, and time one real completion."""
    from fimble_server.doctor import examine, write_report

    findings = asyncio.run(examine(folder(root)))
    if as_json:
        print_json(findings)
    else:
        write_report(findings)
    if findings["problems"]:
        raise typer.Exit(2)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Tell whether the engine runs, and how it is."""
    import msgspec

    from fimble_server.engine.process import running_status

    engine = asyncio.run(running_status())
    if as_json:
        print_json(msgspec.to_builtins(engine) if engine else {"state": "stopped"})
    elif engine is None:
        typer.echo("The engine does not run; the next request starts it.")
    else:
        typer.echo(
            f"{engine.state}: process {engine.process}, {Path(engine.model).name}, "
            f"{engine.resident_bytes / 1e6:.0f} MB, {engine.used_tokens}/{engine.context_tokens} tokens in "
            f"{engine.sequences} sequences, {engine.served} requests served"
        )


@app.command()
def stop() -> None:
    """End the engine; the next request starts it again."""
    from fimble_server.engine.process import stop_engine

    typer.echo("stopped" if asyncio.run(stop_engine()) else "The engine does not run.")


@app.command()
def settings(*, as_json: Json = False) -> None:
    """Print the reference of all settings, or as JSON their schema."""
    from fimble_server.settings_reference import settings_page, settings_schema

    if as_json:
        print_json(settings_schema())
    else:
        typer.echo(settings_page(), nl=False)


@app.command()
def demo(root: Root = Path()) -> None:
    """Get the default model if need be, index a workspace and show live completions in it."""
    from rich.console import Console

    from fimble_server.demo import show

    show(folder(root), Console())


def _in_workspace(root: Path, path: str) -> str:
    """Return the path of a file or folder relative to the root, "" for the root itself."""
    found = next((place for place in (root / path, Path(path)) if place.exists()), None)
    if found is None:
        raise FimbleError(f"there is no {path} in {root}")
    if not found.resolve().is_relative_to(root):
        raise FimbleError(f"{path} is not in {root}")
    relative = found.resolve().relative_to(root).as_posix()
    return "" if relative == "." else relative


def _fail_without(results: list[dict[str, Any]], reason: str) -> None:
    """Say why there is no result, and end as a search that found nothing."""
    if not results:
        typer.echo(f"fimble: {reason}", err=True)
        raise typer.Exit(1)
