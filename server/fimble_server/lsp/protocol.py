"""pygls's protocol without what it leaves behind, and with commands that end as other requests do."""

import inspect
import logging
from collections.abc import Generator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method


def _without_traceback(record: logging.LogRecord) -> bool:
    """Log what is refused in one line: pygls shows a traceback for every error, and a refusal is no fault."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, JsonRpcException) and error.code == types.LSPErrorCodes.RequestFailed:
        record.msg, record.args, record.exc_info = "%s: %s", (record.getMessage(), error), None
    return True


logging.getLogger("pygls.protocol.json_rpc").addFilter(_without_traceback)


class FimbleProtocol(LanguageServerProtocol):
    """Mends pygls 2.1.1; look at each method again when another version is used.

    That one keeps what stands for a handler for ever, waits for a command in a way that cancels only the answer and
    never answers at all where the work is cancelled, and cannot shut down while such a request waits.
    """

    def _execute_handler(self, msg_id: Any, handler: Any, callback: Any, args: Any = None, kwargs: Any = None) -> None:
        def ended(future: Any) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, ended, args, kwargs)

    def _handle_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        asked = self._request_futures.get(msg_id)
        if asked is not None and asked.cancelled():
            del self._request_futures[msg_id]  # nobody waits for it any more
        else:
            super()._handle_response(msg_id, result, error)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Run a command as a task of its own, which `$/cancelRequest` cancels."""
        handler, args, kwargs = next(super().lsp_workspace__execute_command(params))
        answer = handler(*args, **kwargs)
        return await answer if inspect.isawaitable(answer) else answer

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """Answer null, whatever still waits."""
        yield self.fm.features[types.SHUTDOWN], args, None
        for identifier, future in list(self._request_futures.items()):
            if identifier != self.msg_id:
                future.cancel()
        self._shutdown = True
