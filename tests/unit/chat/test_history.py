import stat
from pathlib import Path

import pytest

from fimble_server.chat import history
from fimble_server.chat.answers import Citation
from fimble_server.chat.history import Conversation, Message
from fimble_server.errors import FimbleError

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def told(name: str, question: str = "What is it?") -> Conversation:
    citations = (Citation(1, "a.py", 0, 3),)
    return Conversation(name).with_turn(question, Message("assistant", "It is a [1].", citations))


def test_a_conversation_is_read_as_it_was_written(root: Path) -> None:
    written = told("one")
    history.save(root, written)
    assert history.load(root, "one") == written
    assert history.conversations(root) == [written]


def test_workspaces_do_not_see_each_others_conversations(root: Path) -> None:
    history.save(root, told("one"))
    assert history.conversations(root.with_name("other")) == []
    assert history.conversations(None) == []


def test_nobody_else_can_read_it(root: Path, home: Path) -> None:
    history.save(root, told("one"))
    (file,) = home.rglob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_secrets_are_not_written(root: Path, home: Path) -> None:
    history.save(root, told("one", f"Why does token = '{KEY}' fail?"))
    (file,) = home.rglob("*.json")
    assert KEY[4:] not in file.read_text()
    assert "fail" in file.read_text()


def test_a_deleted_conversation_is_gone(root: Path, home: Path) -> None:
    history.save(root, told("one"))
    assert history.delete(root, "one")
    assert not history.delete(root, "one")
    assert list(home.rglob("*.json")) == []
    assert history.load(root, "one") == Conversation("one")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"id": "other"}', b"\xff\xfe"])
def test_a_damaged_file_is_as_good_as_missing(root: Path, home: Path, damage: bytes) -> None:
    history.save(root, told("one"))
    (file,) = home.rglob("*.json")
    file.write_bytes(damage)
    assert history.conversations(root) == []
    history.save(root, told("one"))
    assert len(history.conversations(root)) == 1


@pytest.mark.parametrize("name", ["", "..", "../one", "a/b", "a b", "x" * 65, "a.json\0"])
def test_only_a_plain_name_is_one(root: Path, name: str) -> None:
    for use in (history.load, history.delete):
        with pytest.raises(FimbleError, match="is no name of a conversation"):
            use(root, name)


def test_a_full_disk_leaves_what_was_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told("one")
    history.save(root, before)

    def fail(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(FimbleError, match="No space left on device"):
        history.save(root, before.with_turn("More?", Message("assistant", "No.")))
    assert history.load(root, "one") == before


def test_the_oldest_make_room(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MOST", 3)
    for number in range(5):
        history.save(root, Conversation(f"c{number}", "t", float(number)))
    assert [conversation.id for conversation in history.conversations(root)] == ["c4", "c3", "c2"]
