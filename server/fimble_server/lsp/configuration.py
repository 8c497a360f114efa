"""Settings and folders that change while the server runs."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fimble_server.lsp.background import prepare
from fimble_server.lsp.indexing import follow
from fimble_server.lsp.server import SECTION, FimbleServer, paths, section

_log = logging.getLogger(__name__)
_ANSWER_SECONDS = 5.0


def register(server: FimbleServer) -> None:
    """Register the handlers."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        # Editors that answer workspace/configuration send an empty notification here, others all settings.
        sent = section(params.settings)
        changed = server.use_settings(sent) if sent else await ask_for_settings(server)
        if changed:
            follow(server)
            server.start_task(prepare(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed, added = paths(params.event.removed), paths(params.event.added)
        roots = [root for root in server.window.roots if root not in removed]
        roots += [root for root in added if root not in roots and root.is_dir()]
        if server.use_roots(roots):
            follow(server)
            server.start_task(prepare(server))


async def ask_for_settings(server: FimbleServer) -> bool:
    """Ask the editor for its settings if it can be asked; False if nothing changed."""
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return False
    asked = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    asking = asyncio.ensure_future(server.workspace_configuration_async(asked))
    await asyncio.wait([asking], timeout=_ANSWER_SECONDS)
    if not asking.done():
        _log.warning("the editor has not told its settings yet")
        server.start_task(_use_late(server, asking))
        return False
    return _use(server, asking)


async def _use_late(server: FimbleServer, asking: asyncio.Future[Sequence[Any]]) -> None:
    """Use settings that come when nobody waits for them any more: the editor asked its user something first."""
    await asyncio.wait([asking])
    if _use(server, asking):
        follow(server)
        server.start_task(prepare(server))


def _use(server: FimbleServer, asked: asyncio.Future[Sequence[Any]]) -> bool:
    try:
        answer = asked.result()
    except JsonRpcException as error:
        _log.warning("the editor did not tell its settings: %s", error)
        return False
    # The section was asked for, so it comes without its name around it; some clients put it there all the same.
    settings = answer[0] if answer else None
    return server.use_settings(section(settings) or (settings if isinstance(settings, dict) else {}))
