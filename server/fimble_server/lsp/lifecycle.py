"""initialize, initialized, shutdown. Nothing here waits for the model or the index."""

from typing import Any

from lsprotocol import types

from fimble_server.config import load_settings
from fimble_server.lsp.background import prepare
from fimble_server.lsp.configuration import ask_for_settings
from fimble_server.lsp.indexing import follow
from fimble_server.lsp.server import FimbleServer, folders, section


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        roots = folders(params)
        options = params.initialization_options
        # These are for this server alone, so they come without its name around them as well.
        server.options = section(options) or (options if isinstance(options, dict) else {})
        settings, server.complaints = load_settings(roots[0] if roots else None, server.options)
        server.use_window(roots, settings)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        for complaint in server.complaints:
            server.tell(complaint, types.MessageType.Warning)
        try:
            await ask_for_settings(server)
        finally:
            follow(server)
            server.is_set_up.set()
            server.start_task(prepare(server))

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: Any) -> None:
        await server.stop_tasks()
        await server.window.close()
