"""The language server: the only code that knows the protocol's types; one module a feature."""

from fimble_server.lsp import (
    activity,
    chat,
    code_actions,
    commands,
    commits,
    completion,
    configuration,
    edits,
    indexing,
    lifecycle,
    placement,
    plans,
    synchronisation,
)
from fimble_server.lsp.server import FimbleServer

__all__ = ["FimbleServer", "create_server"]


def create_server() -> FimbleServer:
    """Return a server with all features, ready for `start_io` or `start_tcp`."""
    server = FimbleServer()
    for feature in (
        lifecycle,
        configuration,
        synchronisation,
        indexing,
        activity,
        completion,
        chat,
        edits,
        code_actions,
        commits,
        placement,
        plans,
        commands,
    ):
        feature.register(server)
    return server
