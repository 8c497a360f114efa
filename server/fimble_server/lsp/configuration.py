"""Settings and folders that change while the server runs."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
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
            _serve(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed, added = paths(params.event.removed), paths(params.event.added)
        roots = [root for root in server.window.roots if root not in removed]
        roots += [root for root in added if root not in roots and root.is_dir()]
        if server.use_roots(roots):
            _serve(server)


async def ask_for_settings(server: FimbleServer) -> bool:
    """Ask the editor for its settings if it can be asked; False if nothing changed so far.

    Nobody waits long for the answer, but it counts whenever it comes.
    """
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return False
    asked = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    asking = asyncio.ensure_future(server.workspace_configuration_async(asked))
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return _use(server, await asyncio.shield(asking))
    except TimeoutError:
        _log.warning("the editor has not told its settings yet")
        asking.add_done_callback(partial(_use_late, server))
    except JsonRpcException as error:
        _log.warning("the editor did not tell its settings: %s", error)
    return False


def _use(server: FimbleServer, answer: Sequence[Any]) -> bool:
    # The section was asked for, so it comes without its name around it; some clients put it there all the same.
    settings = answer[0] if answer else None
    return server.use_settings(section(settings) or (settings if isinstance(settings, dict) else {}))


def _use_late(server: FimbleServer, asking: asyncio.Task[Sequence[Any]]) -> None:
    if not asking.cancelled() and asking.exception() is None and _use(server, asking.result()):
        _serve(server)


def _serve(server: FimbleServer) -> None:
    """Let what goes on in the background be for the folders and the settings as they are now."""
    follow(server)
    server.start_task(prepare(server))
