"""Parameters of Fimble's own requests read in their forms, and what such a request fails with."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from fimble_server.lsp.server import FimbleServer, plain_data

_Form = TypeVar("_Form", bound=msgspec.Struct)


class TextDocument(msgspec.Struct):
    """The protocol's TextDocumentIdentifier."""

    uri: str


class Position(msgspec.Struct):
    """The protocol's Position."""

    line: Annotated[int, msgspec.Meta(ge=0)]
    character: Annotated[int, msgspec.Meta(ge=0)]


class Range(msgspec.Struct):
    """The protocol's Range."""

    start: Position
    end: Position


def read_parameters(params: Any, form: type[_Form]) -> _Form:
    """Return the parameters of a request in their form; raises `JsonRpcException` where they have another."""
    try:
        return msgspec.convert(plain_data(params) or {}, form)
    except msgspec.ValidationError as error:
        raise failure(f"the parameters have another form: {error}") from error


def failure(message: str) -> JsonRpcException:
    """Return the error of a request that cannot be answered; the message is one sentence for the user."""
    return JsonRpcException(message, types.LSPErrorCodes.RequestFailed)


def root_of(server: FimbleServer, document: TextDocument | None) -> Path | None:
    """Return the folder that a document is in, else the first one of the window."""
    path = to_fs_path(document.uri) if document else None
    root = server.window.locate(Path(path))[0] if path else None
    return root or next(iter(server.window.roots), None)
