"""What a model wrote can neither run for ever, nor eat the memory, nor reach anybody."""

import socket

import pytest

from sandbox import passes


def test_a_program_passes_if_it_ends_without_an_error() -> None:
    assert passes("import math\nassert math.sqrt(4) == 2\n")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("assert 1 == 2", id="a failed check"),
        pytest.param("def f(:", id="a syntax error"),
        pytest.param("import sys; sys.exit(3)", id="an exit code"),
        pytest.param("x = bytearray(1 << 31)", id="too much memory"),
        pytest.param("import subprocess; subprocess.run(['true'])", id="another process"),
        pytest.param("open('big', 'wb').write(bytes(1 << 22))", id="a large file"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_a_program_fails_by(program: str) -> None:
    assert not passes(program)


def test_a_program_that_does_not_end_fails() -> None:
    assert not passes("while True: pass", seconds=0.5)


def test_nobody_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        assert not passes(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)")
        with pytest.raises(TimeoutError):
            server.accept()
