import sqlite3
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.modules.resolve import ModulePath
from fimble_indexer.storage.database import SCHEMA_VERSION, is_damage
from fimble_indexer.storage.rows import FileRows, file_rows
from fimble_indexer.storage.store import FileRecord, Store, StoreUnavailableError
from fimble_indexer.syntax.chunks import chunk
from fimble_indexer.syntax.languages import language_named
from fimble_indexer.syntax.parse import Definition, FileSymbols, parse

SOURCE = b"import os\n\ndef load(path):\n    return os.read(path)\n\nclass Loader:\n    def load(self): load('x')\n"


def write(store: Store, path: str, source: bytes = SOURCE) -> FileRecord:
    python = language_named("python")
    assert python is not None
    symbols = parse(source, python)
    record = FileRecord(path, "python", len(source), 1, b"hash")
    with store.transaction():
        store.write_file(record, file_rows(symbols, chunk(source.decode(), symbols)))
    return record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.db"


def test_what_is_written_can_be_read(path: Path) -> None:
    with Store.open(path) as store:
        record = write(store, "a/b.py")

    with Store.open(path, read_only=True) as store:
        assert store.files() == {"a/b.py": record}
        assert [d.qualified_name for d in store.definitions_of("a/b.py")] == ["load", "Loader", "Loader.load"]
        assert [d.qualified_name for d in store.members_of("a/b.py", "Loader")] == ["Loader.load"]
        assert store.members_of("other.py", "Loader") == []
        assert [i.module for i in store.imports_of("a/b.py")] == ["os"]
        assert store.references_to("load") == [("a/b.py", 6)]
        assert "".join(c.text for c in store.chunks_of("a/b.py")) == SOURCE.decode()
        assert store.chunk_at("a/b.py", 3) == store.chunks_of("a/b.py")[0]
        assert store.chunk_at("a/b.py", 99) is None


@pytest.mark.parametrize("exported", [True, False])
def test_definition_is_read_as_it_was_written(path: Path, *, exported: bool) -> None:
    written = Definition("function", "f", "A.f", "def f()", "Does.", 1, 3, "A", exported)
    with Store.open(path) as store:
        store.write_file(FileRecord("a.py", "python", 1, 1, b"h"), file_rows(FileSymbols(definitions=(written,)), []))

        (read,) = store.definitions_of("a.py")
        ((found_path, found),) = store.definitions_named("f", 5)

    assert (read, found_path, found) == (written, "a.py", written)
    assert read.exported is found.exported is exported


def test_writing_replaces_and_removing_leaves_nothing(path: Path) -> None:
    with Store.open(path) as store:
        write(store, "a.py")
        write(store, "a.py", b"def other(): pass\n")
        assert [d.name for d in store.definitions_of("a.py")] == ["other"]
        assert store.chunks_matching(["loader"], 5) == []
        assert store.definitions_matching(["loader"], 5) == []

        with store.transaction():
            store.remove_file("a.py")
            store.remove_file("never.py")

        for table in ("files", "definitions", '"references"', "imports", "chunks"):
            assert store._connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        for table in ("chunk_words", "definition_words"):
            store._connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        assert store.chunk_frequencies(["other"]) == {}


def test_failed_transaction_changes_nothing(path: Path) -> None:
    def fail_half_way(store: Store) -> None:
        with store.transaction():
            store.remove_file("a.py")
            raise ZeroDivisionError

    with Store.open(path) as store:
        write(store, "a.py")
        with pytest.raises(ZeroDivisionError):
            fail_half_way(store)

        assert list(store.files()) == ["a.py"]


def test_reader_sees_the_last_commit_while_a_writer_writes(path: Path) -> None:
    with Store.open(path) as writer, Store.open(path, read_only=True) as reader:
        with writer.transaction():
            writer.write_file(FileRecord("a.py", None, 1, 1, b""), FileRows([], [], [], [], []))
            assert reader.files() == {}
        assert list(reader.files()) == ["a.py"]


def test_reader_cannot_write(path: Path) -> None:
    Store.open(path).close()

    with Store.open(path, read_only=True) as store, pytest.raises(sqlite3.OperationalError):
        write(store, "a.py")


def test_reader_of_nothing_is_told_so(path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        Store.open(path, read_only=True)
    assert not path.exists()


DAMAGES = {
    "empty": b"",
    "text": b"this is no database, whatever its name says\n" * 100,
    "zeros": b"\0" * 8192,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_replaced_by_a_writer_only(path: Path, damage: str) -> None:
    with Store.open(path) as store:
        write(store, "a.py")
    path.write_bytes(DAMAGES[damage])

    with pytest.raises(StoreUnavailableError):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert store.files() == {}
        write(store, "b.py")
    with Store.open(path, read_only=True) as store:
        assert list(store.files()) == ["b.py"]


def write_many(path: Path) -> bytes:
    with Store.open(path) as store:
        for number in range(50):
            write(store, f"{number}.py")
        store.check()
    return path.read_bytes()


def test_cut_off_file_is_replaced(path: Path) -> None:
    content = write_many(path)
    path.write_bytes(content[: len(content) // 2])

    with Store.open(path) as store:
        assert store.files() == {}


def test_overwritten_pages_are_noticed(path: Path) -> None:
    content = bytearray(write_many(path))
    content[4096 * 20 : 4096 * 21] = b"\xaa" * 4096
    path.write_bytes(content)

    with pytest.raises(sqlite3.DatabaseError) as error, Store.open(path) as store:
        store.check()
    assert is_damage(error.value)


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1])
def test_other_version_is_replaced(path: Path, version: int) -> None:
    with Store.open(path) as store:
        write(store, "a.py")
        store._connection.execute(f"PRAGMA user_version = {version}")

    with pytest.raises(StoreUnavailableError):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert store.files() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_only_the_user_can_read_the_file(path: Path) -> None:
    with Store.open(path) as store:
        write(store, "a.py")
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_lock_is_no_damage(path: Path) -> None:
    with Store.open(path) as one, Store.open(path) as other, one.transaction():
        other._connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError) as error:
            other.transaction().__enter__()

    assert not is_damage(error.value)


def test_files_within_files_and_folders(path: Path) -> None:
    with Store.open(path) as store:
        for name in ("a.py", "a/b.py", "a/c/d.py", "a-b.py", "ab/c.py", "a0.py"):
            write(store, name)

        assert set(store.files(["a"])) == {"a/b.py", "a/c/d.py"}
        assert set(store.files(["a.py", "a/c", "nowhere"])) == {"a.py", "a/c/d.py"}
        assert len(store.files()) == 6


FOLDERS = st.lists(st.sampled_from("abc"), max_size=4)


@given(st.sets(st.tuples(FOLDERS.map(tuple), st.sampled_from(["a.py", "b.py", "__init__.py"])), max_size=12), FOLDERS)
def test_no_file_that_fits_a_module_is_missed(files: set[tuple[tuple[str, ...], str]], words: list[str]) -> None:
    paths = ["/".join([*folders, name]) for folders, name in files]
    module = ModulePath.of(".".join(["a", *words]), "x.py")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "index.db") as store:
        for path in paths:
            store.write_file(FileRecord(path, "python", 1, 1, b""), FileRows([], [], [], [], []))

        found = store.paths_ending([module.parts[-2:]])

    assert {path for path in paths if module.agreement(path) > 1} <= set(found) <= set(paths)


def test_files_of_other_modules_with_the_same_name_are_not_looked_at(path: Path) -> None:
    with Store.open(path) as store:
        for name in ("shop/models.py", "shop/models/order.py", "blog/models.py", "blog/models/post.py", "models.py"):
            write(store, name)

        assert set(store.paths_ending([("shop", "models")])) == {"shop/models.py", "shop/models/order.py", "models.py"}
        assert len(store.paths_ending([("models",)])) == 5
