"""`fimble edit` and `fimble apply`: a command on code, or a code block, shown as a unified diff or written."""

import sys
from typing import Annotated

import typer

_NOTHING_DONE = 1


def edit(
    place: Annotated[str, typer.Argument(metavar="FILE:RANGE", help="A line `12`, lines `12-30`, or `:symbol`.")],
    command: Annotated[str, typer.Argument(help="fix, doc, tests, edit, ...; or one of the repository's own.")],
    instruction: Annotated[str, typer.Option("--instruction", "-i", help="What to do, in your own words.")] = "",
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Write the file instead of printing the diff.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Change code by a command, and print the change as a unified diff.

    Lines count from 1; a single line stands for the function or type around it. The exit code is 1 where nothing is to
    be changed, or where the result does not parse any more, which is never written. The JSON object has `title`,
    `path`, `diff`, `problems`, `answer`, `remarks` (line, message), `notice`, `applied` and `tokens`.
    """
    from fimble_server.edits.terminal import edit_at

    if not edit_at(place, command, instruction, apply=apply, as_json=as_json):
        raise typer.Exit(_NOTHING_DONE)


def apply_block(
    place: Annotated[str, typer.Argument(metavar="FILE[:LINE]", help="The file, and the line of a cursor, from 1.")],
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the file instead of printing the diff.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Put a code block from standard input into a file by its syntax, and show the unified diff. No model is asked.

    The JSON object has `path`, `diff`, `how`, `left_out` and `written`.
    """
    from fimble_server.edits.terminal import apply_at

    apply_at(place, sys.stdin.buffer.read(), write=write, as_json=as_json)
