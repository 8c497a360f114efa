from pathlib import Path

import pytest

from fimble_server.models.download import SourceError, download
from model_source import FileServer


def test_whole_file(tmp_path: Path, server: FileServer) -> None:
    seen: list[tuple[int, int]] = []
    download(server.url, tmp_path / "file", progress=lambda done, total: seen.append((done, total)))
    assert (tmp_path / "file").read_bytes() == server.content
    assert seen[-1] == (len(server.content), len(server.content))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_broken_connections_are_taken_up_where_they_broke(tmp_path: Path, server: FileServer) -> None:
    server.cut_after = [1000, 500, 2000]
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == server.content
    assert server.requests == [None, "bytes=1000-", "bytes=1500-", "bytes=3500-"]


def test_a_connection_that_never_holds_is_given_up_and_resumed_by_the_next_call(
    tmp_path: Path, server: FileServer
) -> None:
    server.cut_after = [1000, 0, 0, 0, 0, 0]
    with pytest.raises(SourceError, match="cannot be reached"):
        download(server.url, tmp_path / "file")
    assert (tmp_path / "file").stat().st_size == 1000
    server.cut_after = []
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == server.content
    assert server.requests[-1] == "bytes=1000-"


def test_a_server_without_ranges_starts_anew(tmp_path: Path, server: FileServer) -> None:
    server.ranges = False
    (tmp_path / "file").write_bytes(b"wrong")
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == server.content


def test_a_file_that_changed_on_the_server_starts_anew(tmp_path: Path, server: FileServer) -> None:
    server.cut_after = [1000, 0, 0, 0, 0, 0]
    with pytest.raises(SourceError):
        download(server.url, tmp_path / "file")
    server.cut_after, server.etag, server.content = [], '"2"', bytes(5000)
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == bytes(5000)


@pytest.mark.parametrize("excess", [b"", b"too much"])
def test_a_file_that_is_complete_or_too_long(tmp_path: Path, server: FileServer, excess: bytes) -> None:
    (tmp_path / "file").write_bytes(server.content + excess)
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == server.content


def test_another_size_than_expected_is_refused(tmp_path: Path, server: FileServer) -> None:
    with pytest.raises(SourceError, match="offers"):
        download(server.url, tmp_path / "file", size=17)
    assert not (tmp_path / "file").exists()


def test_refusals_name_the_status(tmp_path: Path, server: FileServer) -> None:
    server.status = 404
    with pytest.raises(SourceError, match="404"):
        download(server.url, tmp_path / "file")


def test_an_unreachable_host_is_given_up_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be reached"):
        download("http://127.0.0.1:9/file", tmp_path / "file")
