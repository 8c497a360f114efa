from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fimble_indexer.modules.configuration import aliases_of
from fimble_indexer.storage.rows import file_rows
from fimble_indexer.storage.store import FileRecord, Store
from fimble_indexer.syntax.chunks import chunk
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import FileSymbols, parse

Files = Mapping[str, str]


@pytest.fixture(scope="session")
def write_files() -> Callable[[Store, Files], None]:
    """Return a function that puts files, given by path and content, into an index without any process or disk."""

    def write(store: Store, files: Files) -> None:
        with store.transaction():
            for path, content in files.items():
                language = language_for_path(path)
                symbols = parse(content.encode(), language) if language else FileSymbols()
                record = FileRecord(path, language.name if language else None, len(content), 1, b"")
                store.write_file(record, file_rows(symbols, chunk(content, symbols), aliases_of(path, content)))

    return write


@pytest.fixture
def indexed(tmp_path: Path, write_files: Callable[[Store, Files], None]) -> Iterator[Callable[[Files], Store]]:
    """Return a function that opens an index of files given by path and content."""
    with Store.open(tmp_path / "index.db") as store:

        def fill(files: Files) -> Store:
            write_files(store, files)
            return store

        yield fill
