"""initialize, settings, folders, shutdown. Nothing here waits for the model or the index."""

from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_server.config import load_settings
from fimble_server.lsp.background import prepare
from fimble_server.lsp.server import SECTION, FimbleServer, folders, section


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
        await _ask_for_settings(server)
        server.start_task(prepare(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        # Editors that answer workspace/configuration send an empty notification here, others all settings.
        changed = (
            server.use_settings(section(params.settings))
            if section(params.settings)
            else await _ask_for_settings(server)
        )
        if changed:
            server.start_task(prepare(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = {folder.uri for folder in params.event.removed}
        roots = [root for root in server.window.roots if root.as_uri() not in removed]
        for folder in params.event.added:
            path = to_fs_path(folder.uri)
            if path and Path(path) not in roots:
                roots.append(Path(path))
        if server.use_window(roots, server.window.settings):
            server.start_task(prepare(server))

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: Any) -> None:
        await server.stop_tasks()
        await server.window.close()


async def _ask_for_settings(server: FimbleServer) -> bool:
    """Ask the editor for its settings if it can be asked; False if nothing changed."""
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return False
    answer = await server.workspace_configuration_async(
        types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    )
    settings = section(answer[0]) if answer else {}
    return server.use_settings(settings) if settings else False
