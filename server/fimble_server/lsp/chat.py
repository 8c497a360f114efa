"""Conversations: `fimble/chat`, `fimble/conversations`, `fimble/conversation`. docs/protocol.md tells their form."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.uris import to_fs_path

from fimble_prompts.excerpts import Excerpt
from fimble_server.chat import history
from fimble_server.chat.answers import Citation
from fimble_server.chat.conversation import ChatRequest, Reply, converse, estimated_tokens
from fimble_server.chat.diff import working_diff
from fimble_server.chat.mentions import Mention, MentionKind, Surroundings, selected_excerpt
from fimble_server.documents import Document
from fimble_server.edits.files import holds_secrets
from fimble_server.errors import FimbleError
from fimble_server.lsp.files import path_of
from fimble_server.lsp.indexing import first_look
from fimble_server.lsp.parameters import Range, TextDocument, failure, read_parameters, root_of
from fimble_server.lsp.positions import offset_at
from fimble_server.lsp.server import FimbleServer

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""Two letters at least: one is a drive."""


class _Mention(msgspec.Struct):
    kind: MentionKind
    path: str = ""
    name: str = ""
    text: str = ""


class _Lines(msgspec.Struct, rename="camel"):
    path: str
    start_line: int = 0
    end_line: int = 0


class _Chat(msgspec.Struct, rename="camel"):
    conversation: str
    message: str
    mentions: tuple[_Mention, ...] = ()
    without: tuple[_Lines, ...] = ()
    text_document: TextDocument | None = None
    range: Range | None = None
    partial_result_token: str | int | None = None


class _Named(msgspec.Struct, rename="camel"):
    conversation: str = ""
    delete: bool = False
    text_document: TextDocument | None = None


def register(server: FimbleServer) -> None:
    """Register the handlers."""
    answering: dict[str, asyncio.Task[Any] | None] = {}

    @server.feature("fimble/chat")
    async def chat(params: Any) -> dict[str, Any]:
        request = read_parameters(params, _Chat)
        while before := answering.get(request.conversation):
            if not before.cancelling():
                raise failure("an answer in this conversation is still being written; cancel it first")
            await asyncio.wait([before])  # it keeps what was written of it, which this message follows
        answering[request.conversation] = asyncio.current_task()
        try:
            return await _chat(server, request)
        except FimbleError as error:
            raise failure(str(error)) from error
        finally:
            del answering[request.conversation]

    @server.feature("fimble/conversations")
    async def conversations(params: Any) -> dict[str, Any]:
        root = root_of(server, read_parameters(params, _Named).text_document)
        return {
            "conversations": [
                {
                    "id": conversation.id,
                    "title": conversation.title,
                    "updated": conversation.updated,
                    "messages": len(conversation.messages),
                }
                for conversation in await asyncio.to_thread(history.conversations, root)
            ]
        }

    @server.feature("fimble/conversation")
    async def conversation(params: Any) -> dict[str, Any]:
        request = read_parameters(params, _Named)
        root = root_of(server, request.text_document)
        try:
            if request.delete:
                return {"deleted": await asyncio.to_thread(history.delete, root, request.conversation)}
            return _conversation(root, await asyncio.to_thread(history.load, root, request.conversation))
        except FimbleError as error:
            raise failure(str(error)) from error


async def _chat(server: FimbleServer, params: _Chat) -> dict[str, Any]:
    root = root_of(server, params.text_document)
    is_indexed = await first_look(server, root)
    settings = server.window.settings

    def send(value: dict[str, Any]) -> None:
        if params.partial_result_token is not None:
            server.protocol.notify(types.PROGRESS, types.ProgressParams(params.partial_result_token, value))

    def show(excerpts: tuple[Excerpt, ...]) -> None:
        used = sum(estimated_tokens(excerpt.text) for excerpt in excerpts)
        send({"text": "", "context": _context(root, excerpts), "usedTokens": used, "contextTokens": limit})

    limit = settings.engine.context_tokens
    request = ChatRequest(
        params.conversation,
        params.message,
        [Mention(mention.kind, mention.path or mention.name or mention.text) for mention in params.mentions],
        frozenset((lines.path, lines.start_line, lines.end_line) for lines in params.without),
        _surroundings(server, params, root),
        is_indexed,
    )
    reply = await converse(
        server.window.engine,
        root,
        request,
        settings.chat,
        on_context=show,
        on_text=lambda text: send({"text": text}),
    )
    return _reply(root, reply, limit)


def _surroundings(server: FimbleServer, params: _Chat, root: Path | None) -> Surroundings:
    diff = partial(working_diff, root) if root else None
    document = server.documents.get(params.text_document.uri) if params.text_document else None
    if document is None or holds_secrets(Path(to_fs_path(document.uri) or document.uri)):
        return Surroundings(diff=diff)
    path = path_of(document.uri)
    complaints = server.window.recent.complaints(path.as_posix(), 0, len(document.line_starts))
    diagnostics = [f"line {complaint.start_line + 1}: {complaint.message}" for complaint in complaints]
    # What is no file is named by its whole URI, by which the editor finds it again.
    name = server.window.locate(path)[1] if to_fs_path(document.uri) else document.uri
    return Surroundings(_selection(server, document, name, params.range), diagnostics, diff)


def _selection(server: FimbleServer, document: Document, path: str, selected: Range | None) -> Excerpt | None:
    if selected is None:
        return None
    encoding = server.workspace.position_encoding or types.PositionEncodingKind.Utf16
    start, end = (
        offset_at(document, types.Position(position.line, position.character), encoding)
        for position in (selected.start, selected.end)
    )
    return selected_excerpt(document, path, start, end)


def _reply(root: Path | None, reply: Reply, limit: int) -> dict[str, Any]:
    used = reply.used_tokens or sum(estimated_tokens(excerpt.text) for excerpt in reply.excerpts)
    return {
        "message": reply.answer.text,
        "citations": _citations(root, reply.answer.citations),
        "unknownNames": list(reply.answer.unknown_names),
        "context": _context(root, reply.excerpts),
        "usedTokens": used,
        "contextTokens": limit,
    }


def _conversation(root: Path | None, conversation: history.Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "updated": conversation.updated,
        "messages": [
            {
                "role": message.role,
                "content": message.content,
                "citations": _citations(root, message.citations),
                "complete": message.is_complete,
            }
            for message in conversation.messages
        ],
    }


def _citations(root: Path | None, citations: Sequence[Citation]) -> list[dict[str, Any]]:
    return [
        {
            "number": citation.number,
            "path": citation.path,
            "uri": _uri(root, citation.path),
            "startLine": citation.start_line,
            "endLine": citation.end_line,
        }
        for citation in citations
    ]


def _context(root: Path | None, excerpts: Sequence[Excerpt]) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "path": excerpt.path,
            "uri": _uri(root, excerpt.path) if excerpt.is_citable else None,
            "startLine": excerpt.start_line,
            "endLine": excerpt.end_line,
            "source": excerpt.source,
            "tokens": estimated_tokens(excerpt.text),
        }
        for number, excerpt in enumerate(excerpts, 1)
    ]


def _uri(root: Path | None, path: str) -> str:
    return path if _URI.match(path) else ((root or Path.cwd()) / path).as_uri()
