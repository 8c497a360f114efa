"""initialize, initialized, shutdown. Nothing here waits for the model or the index."""

from typing import Any

from lsprotocol import types

from fimble_server.config import load_settings
from fimble_server.lsp.background import prepare
from fimble_server.lsp.configuration import ask_for_settings
from fimble_server.lsp.server import FimbleServer, folders, section


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        roots = folders(params)
        settings, complaints = load_settings(roots[0] if roots else None, section(params.initialization_options))
        server.use_window(roots, settings)
        server.complaints = complaints

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        for complaint in server.complaints:
            server.tell(complaint, types.MessageType.Warning)
        await ask_for_settings(server)
        server.start_task(prepare(server))

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: Any) -> None:
        await server.stop_tasks()
        await server.window.close()
