"""One file over HTTP, continued where an earlier attempt stopped."""

import re
from http import HTTPStatus
from pathlib import Path
from time import sleep

import httpx

from fimble_server.errors import FimbleError
from fimble_server.models.storage import Progress

_TIMEOUT = httpx.Timeout(30, connect=5)  # seconds; a host that is out of reach has to give way to the next source
_ATTEMPTS = 5  # in a row without a new byte
_PAUSE = 0.5  # seconds before the second attempt, doubled before each further one


class SourceError(FimbleError):
    """A source that does not deliver; another one may."""


def download(url: str, file: Path, *, size: int | None = None, progress: Progress | None = None) -> None:
    """Append to `file` what is missing of the resource at `url`.

    A connection that breaks is taken up again, within this call and by the next one, with the Range and If-Range of
    RFC 9110, sections 13 and 14; the ETag is kept in a file beside. A server that ignores the range starts the file
    anew. That the whole is right is for the caller to check, by its SHA-256.

    Args:
        url: an http or https address; proxies and certificates come from the environment.
        file: created if need be.
        size: the resource's size in bytes, if known; a server that offers another one is refused.
        progress: called with the bytes in the file and the bytes in all.

    Raises:
        SourceError: the server cannot be reached or refuses, or the connection broke too often.
        OSError: the file cannot be written.

    """
    failures = 0
    started = False
    try:
        opened = httpx.Client(timeout=_TIMEOUT, follow_redirects=True)
    except (ImportError, ValueError) as error:
        raise SourceError(f"the proxy settings cannot be used ({error})") from error
    with opened as client:
        while True:
            before = _length(file)
            try:
                _receive(client, url, file, size, progress)
            except httpx.TransportError as error:
                grown = _length(file) > before
                started = started or grown
                failures = 1 if grown else failures + 1
                if failures == _ATTEMPTS or not started:
                    raise SourceError(f"{httpx.URL(url).host} cannot be reached ({_reason(error)})") from error
                sleep(_PAUSE * 2 ** (failures - 1))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise SourceError(f"{url} cannot be fetched ({_reason(error)})") from error
            else:
                _etag_file(file).unlink(missing_ok=True)
                return


def _receive(client: httpx.Client, url: str, file: Path, size: int | None, progress: Progress | None) -> None:
    """Make one request and append its body; return once the file is complete."""
    offset = _length(file)
    # Without this header the server may compress, and ranges would count compressed bytes.
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if _etag_file(file).exists():
            headers["If-Range"] = _etag_file(file).read_text(encoding="ascii")
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
            if _total(response, 0) == offset:
                return
            file.unlink()
            _receive(client, url, file, size, progress)
            return
        if not response.is_success:
            raise SourceError(f"{response.url.host} answers {response.status_code} {response.reason_phrase}")
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            offset = 0
        total = _total(response, offset)
        if size is not None and total not in (None, size):
            raise SourceError(f"{response.url.host} offers {total} bytes where {size} belong")
        _append(response, file, offset, size or total, progress)


def _append(response: httpx.Response, file: Path, offset: int, total: int | None, progress: Progress | None) -> None:
    _remember_etag(response, file)
    with file.open("ab" if offset else "wb") as output:
        for chunk in response.iter_raw():
            offset += len(chunk)
            if total is not None and offset > total:
                raise SourceError(f"{response.url.host} sends more than the {total} bytes it should")
            output.write(chunk)
            if progress:
                progress(offset, total or offset)
    if total is not None and offset < total:
        raise httpx.RemoteProtocolError(f"the answer ended after {offset} of {total} bytes")


def _total(response: httpx.Response, offset: int) -> int | None:
    """Return the size of the whole resource in bytes, where the response tells it.

    Raises:
        SourceError: the range that came does not begin at `offset`.

    """
    if content_range := response.headers.get("Content-Range"):
        match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", content_range.strip())
        if not match or (match[1] and int(match[1]) != offset):
            raise SourceError(f"{response.url.host} sends another range than the one asked for")
        return int(match[2]) if match[2] != "*" else None
    length = response.headers.get("Content-Length")
    return int(length) if length is not None else None


def _remember_etag(response: httpx.Response, file: Path) -> None:
    etag = response.headers.get("ETag", "")
    # If-Range takes strong validators only (RFC 9110, section 13.1.5).
    if etag.startswith('"'):
        _etag_file(file).write_text(etag, encoding="ascii")
    else:
        _etag_file(file).unlink(missing_ok=True)


def _etag_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.etag")


def _length(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
