"""`fimble models`: list, pull, import, remove, verify, tune."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table
from typer.core import TyperGroup

from fimble_server.errors import FimbleError
from fimble_server.models import storage
from fimble_server.models.catalogue import catalogue, default_name, find
from fimble_server.models.importing import import_file
from fimble_server.models.storage import InstalledModel
from fimble_server.models.terminal import progress_bar, tell, tune_and_show
from fimble_server.models.writing import locked, megabytes, writing_to

_ERROR, _INTERRUPTED = 2, 130


class _Group(TyperGroup):
    """Ends a command that failed with its one sentence on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except FimbleError as error:
            tell(str(error))
            raise typer.Exit(_ERROR) from error
        except KeyboardInterrupt:
            tell("Interrupted; the same command goes on from here")
            raise typer.Exit(_INTERRUPTED) from None


models_app = typer.Typer(
    cls=_Group, no_args_is_help=True, help="Get, list, check and tune the models that Fimble runs."
)

Name = Annotated[str | None, typer.Argument(help="A model's name; the default model if left out.", show_default=False)]
AnyName = Annotated[str | None, typer.Argument(help="A model's name; all models if left out.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _Row(msgspec.Struct, frozen=True):
    """A line of the list; `layout` is that of the tuned file, if one runs."""

    name: str
    title: str
    size: int
    memory: int | None
    licence: str
    default: bool
    installed: bool
    layout: str | None


@models_app.command("list")
def list_models(*, as_json: Json = False) -> None:
    """List the models that can be fetched and those that are here."""
    rows = _rows()
    if as_json:
        _print_json({"models": rows})
        return
    table = Table(Column("Name", no_wrap=True), "Size", "Memory", "Licence", "Here", box=None)
    for row in rows:
        table.add_row(
            f"{row.name} *" if row.default else row.name,
            megabytes(row.size),
            megabytes(row.memory) if row.memory else "",
            row.licence,
            (f"tuned to {row.layout}" if row.layout else "yes") if row.installed else "",
        )
    Console().print(table, "* the default", sep="\n")


def _rows() -> list[_Row]:
    here = {model.name: model for model in storage.installed()}
    entries = catalogue().models
    fetchable = [
        _Row(
            name=entry.name,
            title=entry.title,
            size=entry.size,
            memory=entry.memory,
            licence=entry.licence,
            default=entry.name == default_name(),
            installed=entry.name in here,
            layout=_layout(here.get(entry.name)),
        )
        for entry in entries
    ]
    imported = [
        _Row(
            name=model.name,
            title=model.title,
            size=model.size,
            memory=None,
            licence=model.licence,
            default=False,
            installed=True,
            layout=_layout(model),
        )
        for name, model in here.items()
        if all(name != entry.name for entry in entries)
    ]
    return fetchable + imported


@models_app.command("pull")
def pull_model(
    name: Name = None,
    *,
    tuned: Annotated[bool, typer.Option("--tune/--no-tune", help="Tune the model once it is here.")] = True,
    progress: Annotated[
        bool,
        typer.Option("--progress", help="Print lines of JSON on stderr instead of a bar: done and total, in bytes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch a model, go on where an interrupted attempt stopped, check it, and tune it for this machine."""
    name = find(name or default_name()).name
    if storage.is_installed(name) and (storage.is_tuned(name) or not tuned):
        tell(f"{name} is here already")
    else:
        from fimble_server.models.pull import pull_with_progress

        pull_with_progress(name, tuned=tuned, as_lines=progress)
    _show(storage.find_installed(name), as_json=as_json)


@models_app.command("import")
def import_model(
    file: Annotated[Path, typer.Argument(help="A GGUF file; it is copied.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call the model.")] = None,
    as_json: Json = False,
) -> None:
    """Take in a model file that is on this machine."""
    with progress_bar(f"Copying {file.name}") as progress:
        model = import_file(file, name, progress=progress, notify=tell)
    _show(model, as_json=as_json)


@models_app.command("remove")
def remove_model(name: Annotated[str, typer.Argument(help="The model's name.")], *, as_json: Json = False) -> None:
    """Delete a model and everything made of it."""
    with writing_to(storage.model_directory(name), 0), locked(name, tell):
        freed = storage.remove(name)
    if as_json:
        _print_json({"name": name, "freed": freed})
    else:
        tell(f"Removed {name}: {megabytes(freed)} are free again")


@models_app.command("verify")
def verify_models(name: AnyName = None, *, as_json: Json = False) -> None:
    """Read a model's files, or all models' files, and compare them with what was fetched."""
    names = [name] if name else [model.name for model in storage.installed()]
    files = []
    for each in names:
        with progress_bar(f"Reading {each}") as progress:
            files += storage.verify(each, progress)
    if as_json:
        _print_json({"verified": [str(file) for file in files]})
        return
    for file in files:
        typer.echo(f"{file} is right")


@models_app.command("tune")
def tune_model(name: Name = None, *, as_json: Json = False) -> None:
    """Measure this machine, and convert the model to the fastest layout that loses next to nothing."""
    name = name or default_name()
    tune_and_show(name)
    _show(storage.find_installed(name), as_json=as_json)


def _layout(model: InstalledModel | None) -> str | None:
    return model.tuning.kept.layout if model and model.tuning and model.tuning.kept else None


def _show(model: InstalledModel, *, as_json: bool) -> None:
    file = storage.model_file(model.name)
    if as_json:
        _print_json({**msgspec.to_builtins(model), "file": str(file)})
    else:
        typer.echo(str(file))


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(msgspec.json.encode(value).decode())
