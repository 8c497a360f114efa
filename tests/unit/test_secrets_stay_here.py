"""A key that is planted anywhere in a workspace must be in nothing that is sent to the engine."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from fakes import FakeEngine, completion
from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_prompts.fim import load_format
from fimble_prompts.sources import Source
from fimble_server.activity import Diagnostic
from fimble_server.config import CompletionSettings, Settings
from fimble_server.index import database_path
from fimble_server.models.chosen import ChosenModel
from fimble_server.workspace import Workspace

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
EVERY_SOURCE: tuple[Source, ...] = get_args(Source)
CONNECT = f'''
class Client:
    token = "{KEY}"

    def connect(self, token="{KEY}"):
        """Connects with {KEY}."""
        return open_session(self, "{KEY}")
'''


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))
    model = ChosenModel("model", Path("model.gguf"), load_format("qwen2.5-coder"))
    monkeypatch.setattr("fimble_server.workspace.choose_model", lambda _name: model)
    return FakeEngine([], completion())


async def sent(root: Path, engine: FakeEngine, text: str, path: str = "app.py") -> str:
    """Return everything that a request at `|` and the user's doings before it made Fimble send."""
    with Store.open(database_path(root)) as store:
        update(root, store)
    workspace = Workspace([root], Settings(completion=CompletionSettings(context_sources=EVERY_SOURCE)))
    workspace.engine = engine
    recent = workspace.recent
    recent.edited("edited.py", CONNECT, len(CONNECT))
    recent.viewed("viewed.py", CONNECT, 0, len(CONNECT))
    recent.yanked("yanked.py", CONNECT, CONNECT)
    recent.complained((root / path).as_posix(), [Diagnostic(0, 100, f"cannot connect 'Client' with {KEY!r}")])
    before, _, after = text.partition("|")
    await workspace.suggest(
        document="file:///app.py", path=root / path, text=before + after, offset=len(before), explicit=True
    )
    return msgspec.json.encode(engine.requests).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from client import Client\n\nclient = Client()\nclient.connect(|", id="file"),
        pytest.param(f"from client import Client\n{CONNECT}\nclient = Client()\nclient.connect(|", id="open buffer"),
        pytest.param(f"def connect():\n    |\n{CONNECT}", id="behind the cursor"),
        pytest.param(f'diff --git a/a.py b/a.py\n@@ -1 +1 @@\n-token = "x"\n+token = "{KEY}"\n+connect(|', id="diff"),
    ],
)
async def test_a_planted_key_is_never_sent(tmp_path: Path, engine: FakeEngine, text: str) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "client.py").write_text(CONNECT)
    (root / "test_app.py").write_text(CONNECT)
    (root / ".env").write_text(f"TOKEN={KEY}\n")
    requests = await sent(root, engine, text)
    assert "Client" in requests or "connect" in requests
    assert KEY not in requests
    assert KEY[4:] not in requests


async def test_nothing_is_sent_for_a_file_of_secrets(tmp_path: Path, engine: FakeEngine) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    assert await sent(root, engine, f"TOKEN={KEY}\nOTHER=|", ".env") == "[]"
