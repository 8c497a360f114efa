"""Files as their user has them: as they are open in the editor, else as they are on disk."""

import os
from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from fimble_indexer.syntax.languages import language_for_path
from fimble_server.documents import Document
from fimble_server.edits.files import read_source
from fimble_server.lsp.server import FimbleServer


def path_of(uri: str) -> Path:
    """Return a document's path; an unsaved one has a name at most, and what is known of it is what its name tells."""
    return Path(to_fs_path(uri) or uri.rpartition("/")[2] or "untitled")


def open_document(server: FimbleServer, path: Path) -> Document | None:
    """Return the document that is open for a file, however the editor spells its URI and whatever links lead to it."""
    names = {uri: name for uri in server.documents.uris() if (name := to_fs_path(uri))}
    same = next((uri for uri, name in names.items() if Path(name) == path), None)
    if same is None:
        real = os.path.realpath(path)
        alike = [uri for uri, name in names.items() if Path(name).name == path.name]
        same = next((uri for uri in alike if os.path.realpath(names[uri]) == real), None)
    return server.documents.get(same) if same else None


def find_document(server: FimbleServer, path: Path) -> Document | None:
    """Return a file as the editor has it, or as it is on disk; None where there is none.

    Raises:
        EditError: it cannot be read as text, or holds secrets.

    """
    document = open_document(server, path)
    if document is not None or not path.exists():
        return document
    return read_document(uri_of(server, path), path)


def read_document(uri: str, path: Path) -> Document:
    """Return a file as it is on disk, without the byte order mark that editors hide; raises `EditError`."""
    return Document(uri, read_source(path).removeprefix("\ufeff"), language=language_for_path(path))


def uri_of(server: FimbleServer, path: Path) -> str:
    """Return the URI of a file: the editor's own where it is open."""
    document = open_document(server, path)
    return document.uri if document else from_fs_path(str(path)) or path.as_uri()


def text_of(server: FimbleServer, uri: str) -> str | None:
    """Return the text of a document as the user has it now; None where there is none. Raises `EditError`."""
    document = server.documents.get(uri)
    path = to_fs_path(uri)
    if document is None and path is not None:
        document = find_document(server, Path(path))
    return document.text if document else None
