"""What pygls 2.1 leaves undone: it forgets ended requests, drops late answers, and logs refusals in a line."""

import asyncio
import logging
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol

_pygls_log = logging.getLogger("pygls.protocol.json_rpc")


class Protocol(LanguageServerProtocol):
    """pygls's protocol, which keeps a future for every change of a document for as long as it runs."""

    def _execute_handler(
        self, msg_id: Any, handler: Any, callback: Any, args: tuple[Any, ...] | None = None, kwargs: Any = None
    ) -> None:
        def ended(future: Any) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, ended, args, kwargs)

    def _handle_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancelled():
            # Nobody waits any more; to set its result would be an error that the user is shown.
            del self._request_futures[msg_id]
        else:
            super()._handle_response(msg_id, result, error)

    def cancel_requests(self) -> None:
        """Cancel what is not answered yet, except the request that this is called for.

        pygls does so when it has shut down, but while it goes through the requests each takes itself out.
        """
        current: object = asyncio.current_task()
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != self.msg_id and future is not current:
                future.cancel()


def log_refusals_in_a_line() -> None:
    """Keep the traceback out of the log where a request is refused with a sentence for the user."""
    _pygls_log.addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, JsonRpcException) and error.code == types.LSPErrorCodes.RequestFailed:
        record.exc_info, record.msg, record.args = None, "a request was refused: %s", (error.message,)
    return True
