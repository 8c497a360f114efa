"""An editor without a window: starts `fimble lsp` over stdio and talks to it as Neovim and VS Code do.

Benchmarks and tests drive the server through it. Offsets count characters; positions are sent in UTF-16.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psutil
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.uris import to_fs_path
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from fimble_server.lsp.server import plain_data

SERVER = (sys.executable, "-m", "fimble_server", "lsp")


@dataclass(frozen=True)
class Request:
    """A request that the server has not answered yet."""

    identifier: str
    answer: asyncio.Future[types.InlineCompletionList]

    async def items(self) -> list[types.InlineCompletionItem]:
        """Wait for the answer; raises `JsonRpcException` if it was cancelled in time."""
        return list((await self.answer).items)


def take_progress(client: LanguageClient, params: types.ProgressParams) -> None:
    """Keep partial results in `client.progress_reports`, and leave the rest to pytest-lsp."""
    if "kind" in plain_data(params.value):
        DEFAULT_CLIENT_FEATURES[types.PROGRESS](client, params)
    else:
        client.progress_reports.setdefault(params.token, []).append(plain_data(params.value))


def peak_bytes(process: int) -> int:
    """Return the most memory that a process ever had resident; where the system does not tell, what it has now."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return psutil.Process(process).memory_info().rss
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


class Editor:
    """One editor window with its own server process."""

    def __init__(self, client: LanguageClient) -> None:
        """Wrap a client whose server runs; use `Editor.start`."""
        self.client = client
        self.texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    @classmethod
    async def start(
        cls,
        root: Path | None,
        *,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = SERVER,
        inline: bool = True,
        edits: types.WorkspaceEditClientCapabilities | None = None,
    ) -> Self:
        """Start a server for a folder; `inline` tells whether this editor shows inline completions.

        `edits` are the kinds of edits that it can make beside plain changes of text.
        """
        client = LanguageClient(converter_factory=default_converter)
        register_lsp_features(client, {**DEFAULT_CLIENT_FEATURES, types.PROGRESS: take_progress})
        client.set_configuration({"fimble": dict(settings or {})})
        await client.start_io(*command, env={**os.environ, **(environment or {})})
        capabilities = types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                inline_completion=types.InlineCompletionClientCapabilities() if inline else None,
                completion=types.CompletionClientCapabilities(),
            ),
            workspace=types.WorkspaceClientCapabilities(
                configuration=True, workspace_folders=True, workspace_edit=edits
            ),
            window=types.WindowClientCapabilities(work_done_progress=True),
        )
        folders = [types.WorkspaceFolder(root.as_uri(), root.name)] if root else None
        await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                root_uri=root.as_uri() if root else None,
                workspace_folders=folders,
                initialization_options=dict(settings or {}),
            )
        )
        return cls(client)

    async def __aenter__(self) -> Self:
        """Return the editor itself."""
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the window."""
        await self.close()

    async def close(self) -> None:
        """Shut the server down and wait for its end."""
        await self.client.shutdown_session()
        await self.client.stop()  # type: ignore[no-untyped-call]  # pytest-lsp leaves it untyped

    @property
    def process(self) -> int:
        """The server's process id."""
        server = self.client._server
        assert server is not None
        return server.pid

    def open(self, uri: str, text: str, language: str = "python") -> None:
        """Open a document."""
        self.texts[uri] = text
        self._versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )

    def edit(self, uri: str, start: int, end: int, text: str) -> None:
        """Replace characters of an open document by an incremental change."""
        change = types.TextDocumentContentChangePartial(
            range=types.Range(self.position(uri, start), self.position(uri, end)), text=text
        )
        old = self.texts[uri]
        self.texts[uri] = old[:start] + text + old[end:]
        self._versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=self._versions[uri]), [change]
            )
        )

    def save(self, uri: str) -> None:
        """Write an open document to its file."""
        path = to_fs_path(uri)
        assert path is not None
        Path(path).write_bytes(self.texts[uri].encode())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def leave(self, uri: str) -> None:
        """Close a document, saved or not."""
        del self.texts[uri]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def request(self, uri: str, offset: int, *, explicit: bool = False) -> "Request":
        """Ask for inline completions without waiting for them."""
        kind = types.InlineCompletionTriggerKind.Invoked if explicit else types.InlineCompletionTriggerKind.Automatic
        parameters = types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger_kind=kind),
            text_document=types.TextDocumentIdentifier(uri),
            position=self.position(uri, offset),
        )
        identifier = str(uuid4())
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        sent = self.client.protocol.send_request_async(method, parameters, identifier)  # type: ignore[no-untyped-call]
        return Request(identifier, asyncio.ensure_future(sent))

    def cancel(self, request: "Request") -> None:
        """Tell the server that nobody wants the answer any more, as editors do at the next key."""
        self.client.cancel_request(types.CancelParams(id=request.identifier))

    async def complete(self, uri: str, offset: int, *, explicit: bool = False) -> list[types.InlineCompletionItem]:
        """Ask for inline completions and wait for them."""
        return await self.request(uri, offset, explicit=explicit).items()

    async def ask(self, method: str, parameters: Any) -> Any:
        """Send a request of Fimble's own, and wait for the answer."""
        return await self.begin(method, parameters)

    def begin(self, method: str, parameters: Any, identifier: str | None = None) -> asyncio.Future[Any]:
        """Send a request of Fimble's own without waiting for the answer."""
        sent = self.client.protocol.send_request_async(method, parameters, identifier)  # type: ignore[no-untyped-call]

        async def answer() -> Any:
            return plain_data(await sent)

        return asyncio.ensure_future(answer())

    def partial_results(self, token: str) -> list[Any]:
        """Return what came ahead of the answer to the request with that token."""
        return list[Any](self.client.progress_reports.get(token, ()))

    async def command(self, name: str, *arguments: Any) -> Any:
        """Run one of the server's commands."""
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command=name, arguments=list(arguments))
        )

    async def indexed(self) -> None:
        """Wait until the index of every folder is ready."""
        while not all(index["ready"] for index in (await self.command("fimble.status"))["indexes"]):
            await asyncio.sleep(0.05)

    async def explanation(self) -> Any:
        """Return the explanation of the last suggestion."""
        return await self.command("fimble.explainCompletion")

    def position(self, uri: str, offset: int) -> types.Position:
        """Return the UTF-16 position of an offset."""
        before = self.texts[uri][:offset].replace("\r\n", "\n").replace("\r", "\n")
        line = before.rpartition("\n")[2]
        return types.Position(before.count("\n"), len(line.encode("utf-16-le", "surrogatepass")) // 2)
