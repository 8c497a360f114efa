"""Settings and folders that change while the server runs."""

from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_server.lsp.background import prepare
from fimble_server.lsp.server import SECTION, FimbleServer, section


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        # Editors that answer workspace/configuration send an empty notification here, others all settings.
        sent = section(params.settings)
        changed = server.use_settings(sent) if sent else await ask_for_settings(server)
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


async def ask_for_settings(server: FimbleServer) -> bool:
    """Ask the editor for its settings if it can be asked; False if nothing changed."""
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return False
    answer = await server.workspace_configuration_async(
        types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    )
    settings = section(answer[0]) if answer else {}
    return server.use_settings(settings) if settings else False
