import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from fimble_indexer.building.build import update
from fimble_indexer.files.listing import read_source
from fimble_indexer.storage.database import is_damage
from fimble_indexer.storage.store import Store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg/a.py").write_text("def first(): pass\n")
    (folder / "pkg/b.py").write_text("from .a import first\n")
    (folder / "README.txt").write_text("# Title\n")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "index.db")


def names(store: Store, path: str) -> list[str]:
    return [definition.name for definition in store.definitions_of(path)]


def test_first_update_reads_everything(root: Path, store: Store) -> None:
    summary = update(root, store)

    assert (summary.files, summary.parsed, summary.removed) == (3, 3, 0)
    assert names(store, "pkg/a.py") == ["first"]
    assert store.files()["README.txt"].language is None
    assert store.chunks_of("README.txt")[0].text == "# Title\n"


def test_second_update_reads_nothing(root: Path, store: Store) -> None:
    update(root, store)

    assert update(root, store).parsed == 0


def test_only_what_changed_is_parsed(root: Path, store: Store) -> None:
    update(root, store)
    (root / "pkg/a.py").write_text("def second(): pass\n")
    (root / "pkg/c.py").write_text("x = 1\n")
    (root / "pkg/b.py").unlink()

    summary = update(root, store)

    assert (summary.files, summary.parsed, summary.removed) == (3, 2, 1)
    assert names(store, "pkg/a.py") == ["second"]


def test_touched_file_is_not_parsed_again(root: Path, store: Store) -> None:
    update(root, store)
    os.utime(root / "pkg/a.py", ns=(1, 1))

    assert update(root, store).parsed == 0
    assert store.files()["pkg/a.py"].mtime_ns == 1


def test_change_that_size_and_time_do_not_show_is_seen_if_it_may_be_one(root: Path, store: Store) -> None:
    file = root / "pkg/a.py"
    os.utime(file)
    update(root, store)
    status = file.stat()
    file.write_text("def fIRST(): pass\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert update(root, store).parsed == 1
    assert names(store, "pkg/a.py") == ["fIRST"]


def test_named_path_is_read_even_if_it_looks_the_same(root: Path, store: Store) -> None:
    update(root, store)
    status = (root / "pkg/a.py").stat()
    (root / "pkg/a.py").write_text("def fIRST(): pass\n")
    os.utime(root / "pkg/a.py", ns=(status.st_atime_ns, status.st_mtime_ns))

    assert update(root, store, paths=["pkg/a.py"]).parsed == 1
    assert names(store, "pkg/a.py") == ["fIRST"]


def test_other_paths_are_left_alone(root: Path, store: Store) -> None:
    update(root, store)
    (root / "pkg/a.py").write_text("def second(): pass\n")
    (root / "pkg/b.py").unlink()
    (root / "README.txt").unlink()

    summary = update(root, store, paths=["README.txt", "nowhere.py"])

    assert (summary.parsed, summary.removed) == (0, 1)
    assert names(store, "pkg/a.py") == ["first"]


def test_removed_folder_takes_its_files(root: Path, store: Store) -> None:
    update(root, store)
    shutil.rmtree(root / "pkg")

    assert update(root, store, paths=["pkg"]).removed == 2
    assert list(store.files()) == ["README.txt"]


def test_newly_ignored_file_is_removed(root: Path, store: Store) -> None:
    update(root, store)
    (root / ".gitignore").write_text("b.py\n")

    assert update(root, store).removed == 1


def test_binary_file_is_remembered_and_empty(root: Path, store: Store) -> None:
    (root / "data.txt").write_bytes(b"def f(): pass\0")

    assert update(root, store).parsed == 3
    assert store.chunks_of("data.txt") == []
    assert update(root, store).parsed == 0


def test_progress_ends_at_the_total(root: Path, store: Store) -> None:
    steps: list[tuple[int, int]] = []

    update(root, store, progress=lambda done, total: steps.append((done, total)))

    assert steps[-1] == (3, 3)


def test_cancelled_update_keeps_what_it_did(root: Path, store: Store) -> None:
    answers = iter([False, False, True])

    assert update(root, store, cancelled=lambda: next(answers)).parsed == 2
    assert update(root, store).parsed == 1


def test_missing_workspace_is_no_empty_one(root: Path, store: Store) -> None:
    update(root, store)
    shutil.rmtree(root)

    with pytest.raises(NotADirectoryError):
        update(root, store)
    assert len(store.files()) == 3


def test_vanished_file_costs_only_itself(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_unless_gone(root: Path, path: str) -> bytes | None:
        if path == "pkg/a.py":
            raise FileNotFoundError
        return read_source(root, path)

    monkeypatch.setattr("fimble_indexer.building.understand.read_source", read_unless_gone)

    assert update(root, store).parsed == 2
    assert "pkg/a.py" not in store.files()


def test_planted_secret_is_nowhere_in_the_database(root: Path, tmp_path: Path) -> None:
    key = "AKIA" + "Z7QX5PLM3RT9WBNC"
    password = "Xk9!" + "vR2#mQ7z"
    body = "MIIEowIBAAKCAQEAx7Jd9Qm2Lk8Vb3Nc5Rt1Yw6Zp4Hs0Gf"
    (root / "keys.py").write_text(
        f'AWS = "{key}"\ndef connect(password="{password}"):\n    """Key {key}."""\n'
        f'PEM = """-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"""\n'
    )
    (root / "notes.txt").write_text(f"aws_access_key_id = {key}\npassword: {password}\n")
    (root / ".env").write_text(f"PASSWORD={password}\nPLAIN=planted-in-a-secret-file\n")
    database = tmp_path / "secret.db"

    with Store.open(database) as store:
        update(root, store)
        assert "connect" in names(store, "keys.py")
        content = b"".join(file.read_bytes() for file in tmp_path.glob("secret.db*"))

    for secret in (key, password, body, "planted-in-a-secret-file"):
        for piece in (secret, secret.lower(), secret[4:]):
            assert piece.encode() not in content


def test_buffer_takes_the_place_of_the_file(root: Path, store: Store) -> None:
    update(root, store)

    assert update(root, store, paths=["pkg/a.py"], overlays={"pkg/a.py": "def typed(): pass\n"}).parsed == 1
    assert names(store, "pkg/a.py") == ["typed"]
    assert update(root, store, overlays={"pkg/a.py": b"def typed(): pass\n"}).parsed == 0
    assert update(root, store).parsed == 1
    assert names(store, "pkg/a.py") == ["first"]


def test_buffer_without_a_file_comes_and_goes(root: Path, store: Store) -> None:
    update(root, store, paths=["new/c.py"], overlays={"new/c.py": "def new(): pass\n"})
    assert names(store, "new/c.py") == ["new"]

    update(root, store, paths=["new/c.py"])
    assert "new/c.py" not in store.files()


def test_buffer_that_is_saved_is_not_parsed_again(root: Path, store: Store) -> None:
    update(root, store, overlays={"new.py": "def new(): pass\n"})
    (root / "new.py").write_text("def new(): pass\n")

    assert update(root, store, paths=["new.py"]).parsed == 0
    assert store.files()["new.py"].size == 16


def test_buffers_obey_the_rules(root: Path, store: Store) -> None:
    (root / ".gitignore").write_text("out/\n")
    (root / "link.py").symlink_to("pkg/a.py")
    paths = ["out/a.py", ".env", "node_modules/a.js", "../a.py", "/a.py", "pkg//c.py", "link.py", "", "a\udcff.py"]

    update(root, store, overlays=dict.fromkeys(paths, "x = 1\n") | {"big.py": "x" * 2_000_000})

    assert sorted(store.files()) == [".gitignore", "README.txt", "pkg/a.py", "pkg/b.py"]


def test_buffers_elsewhere_are_left_alone(root: Path, store: Store) -> None:
    update(root, store, paths=["README.txt"], overlays={"pkg/a.py": "x = 1\n"})

    assert list(store.files()) == ["README.txt"]


def test_of_generated_files_only_definitions_are_kept(root: Path, store: Store) -> None:
    (root / "gen.py").write_text("# Generated by x. DO NOT EDIT.\nimport os\ndef made(): return helper()\n")
    (root / "a_pb2.py").write_text("def stub(): return helper()\n")

    update(root, store)

    assert (names(store, "gen.py"), names(store, "a_pb2.py")) == (["made"], ["stub"])
    for path in ("gen.py", "a_pb2.py"):
        assert (store.chunks_of(path), store.imports_of(path)) == ([], [])
    assert store.references_to("helper") == []


def test_changed_attributes_are_heeded_without_a_change_of_the_file(root: Path, store: Store) -> None:
    update(root, store)
    (root / ".gitattributes").write_text("pkg/** linguist-vendored\n")

    assert update(root, store).parsed == 3
    assert store.chunks_of("pkg/a.py") == []
    assert names(store, "pkg/a.py") == ["first"]

    (root / ".gitattributes").unlink()
    update(root, store)
    assert len(store.chunks_of("pkg/a.py")) == 1


def test_secret_in_a_buffer_is_redacted(root: Path, store: Store) -> None:
    update(root, store, overlays={"pkg/a.py": 'password = "' + 'Xk9!vR2#mQ7z"\n'})

    assert "Xk9" not in store.chunks_of("pkg/a.py")[0].text


def test_full_disk_leaves_an_index_that_is_whole(root: Path, store: Store) -> None:
    update(root, store)
    for number in range(200):
        (root / f"more{number}.py").write_text(f"def more{number}(): pass\n" * 50)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    with pytest.raises(sqlite3.OperationalError, match="disk is full") as error:
        update(root, store)

    assert not is_damage(error.value)
    store.check()
    assert names(store, "pkg/a.py") == ["first"]
    store._connection.execute("PRAGMA max_page_count = 1000000")
    assert update(root, store).files == 203


READER = """
import sys, time
from pathlib import Path
from fimble_indexer.storage.store import Store
looks = 0
with Store.open(Path(sys.argv[1]), read_only=True) as store:
    store._connection.execute("PRAGMA busy_timeout = 0")  # so that having to wait is an error
    print(flush=True)
    while store.file("last.py") is None:
        for path in store.paths():
            defined = len(store.definitions_of(path))
            # Between the two looks another commit may come, with another version of the file.
            found = len(store.definitions_matching([Path(path).stem], 100))
            assert defined in {3, 4} and found in {3, 4}, (path, defined, found)
        looks += 1
        time.sleep(0.001)
assert looks > 1
"""


def test_readers_never_wait_and_never_see_half_a_file(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()

    def write(count: int) -> None:
        for letters in itertools.product("klmnopqr", repeat=2):
            word = "".join(letters)
            (root / f"{word}.py").write_text("".join(f"def {word}_{end * 2}(): pass\n" for end in "abcd"[:count]))

    with Store.open(tmp_path / "index.db") as store:
        write(3)
        update(root, store)
        command = [sys.executable, "-c", READER, str(tmp_path / "index.db")]
        readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        for reader in readers:
            assert reader.stdout is not None
            reader.stdout.readline()
        for version in range(6):
            write(3 + version % 2)
            update(root, store)
        (root / "last.py").write_text("")
        update(root, store)
        outputs = [reader.communicate(timeout=60) for reader in readers]

    assert [errors.decode() for _, errors in outputs] == [""] * 3
