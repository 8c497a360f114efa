"""What a model wrote can neither run for ever, nor eat the memory, nor reach anybody."""

import shutil
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


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param("const f = (x) => x + 1;\nconsole.assert(f(1) === 2)", True, id="a check that holds"),
        pytest.param("console.assert(1 === 2)", False, id="a failed check"),
        pytest.param("const f = (", False, id="a syntax error"),
        pytest.param("process.exit(3)", False, id="an exit code"),
        pytest.param("while (true) {}", False, id="no end"),
        pytest.param("const a = []; while (true) a.push(new Array(1e6).fill(a.length))", False, id="too much memory"),
        pytest.param("require('child_process').execSync('true')", False, id="another process"),
        pytest.param("require('fs').writeFileSync('file', 'x')", False, id="a file"),
        pytest.param("require('net').connect(80, '192.0.2.1').on('error', () => process.exit(1))", False, id="network"),
    ],
)
def test_a_program_in_javascript(program: str, *, expected: bool) -> None:
    assert passes(program, seconds=5, runtime="javascript") == expected
