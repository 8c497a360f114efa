from pathlib import Path
from typing import Any

import pytest

from fimble_server.config import CompletionSettings, EngineSettings, Settings, load_settings, user_file
from fimble_server.engine.options import EngineOptions


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIMBLE_HOME", str(tmp_path / "home"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def write_user(text: str) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text, encoding="utf-8")


def write_workspace(workspace: Path, text: str) -> None:
    (workspace / ".fimble").mkdir(exist_ok=True)
    (workspace / ".fimble" / "settings.toml").write_text(text, encoding="utf-8")


def test_without_any_source_all_settings_have_their_defaults(workspace: Path) -> None:
    assert load_settings(workspace, {}) == (Settings(), [])
    assert load_settings() == (Settings(), [])


def test_the_workspace_overrides_the_user_and_the_editor_overrides_both(workspace: Path) -> None:
    write_user("[completion]\nline_ms = 100\nblock_ms = 100\nblock_lines = 10\n")
    write_workspace(workspace, "[completion]\nblock_ms = 200\nblock_lines = 20\n")
    settings, complaints = load_settings(workspace, {"completion": {"block_lines": 30}})
    completion = settings.completion
    assert (completion.line_ms, completion.block_ms, completion.block_lines) == (100, 200, 30)
    assert complaints == []


def test_a_list_replaces_the_list_of_an_earlier_source(workspace: Path) -> None:
    write_user('[completion]\ndisabled_languages = ["python", "go"]\n')
    settings, _ = load_settings(workspace, {"completion": {"disabled_languages": ["c"]}})
    assert settings.completion.disabled_languages == ("c",)


def test_what_an_editor_leaves_empty_is_not_set(workspace: Path) -> None:
    write_user("[completion]\nline_ms = 100\n")
    settings, complaints = load_settings(workspace, {"completion": {"line_ms": None}, "engine": None})
    assert settings.completion.line_ms == 100
    assert complaints == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('model = "evil.gguf"', "model"),
        ("[engine]\nthreads = 200", "engine"),
        ("[engine.threads]\nx = 1", "engine"),
        ('"__class__" = 1', "__class__"),
    ],
)
def test_a_workspace_sets_neither_model_nor_engine_nor_what_there_is_not(workspace: Path, text: str, name: str) -> None:
    write_workspace(workspace, text)
    settings, (complaint,) = load_settings(workspace)
    assert settings == Settings()
    assert f"cannot set '{name}'" in complaint
    assert str(user_file()) in complaint


def test_user_and_editor_set_model_and_engine(workspace: Path) -> None:
    write_user('model = "qwen2.5-coder-1.5b"\n[engine]\nthreads = 2\n')
    settings, complaints = load_settings(workspace, {"engine": {"idle_minutes": 5}})
    assert (settings.model, settings.engine.threads, settings.engine.idle_minutes) == ("qwen2.5-coder-1.5b", 2, 5)
    assert complaints == []


def test_the_allowed_part_of_a_workspace_file_counts_beside_a_forbidden_one(workspace: Path) -> None:
    write_workspace(workspace, 'model = "evil.gguf"\n[index]\nenabled = false\n[completion]\nline_ms = 100\n')
    settings, complaints = load_settings(workspace)
    assert (settings.model, settings.index.enabled, settings.completion.line_ms) == ("", False, 100)
    assert len(complaints) == 1


@pytest.mark.parametrize("editor", [{"trusted": False}, {"trusted": "no"}])
def test_a_workspace_that_is_not_trusted_sets_nothing(workspace: Path, editor: dict[str, Any]) -> None:
    write_workspace(workspace, 'trusted = true\nmodel = "evil.gguf"\n[completion]\nline_ms = 100\n')
    settings, complaints = load_settings(workspace, editor)
    assert settings.completion == CompletionSettings()
    assert not any(str(workspace) in complaint for complaint in complaints)


def test_the_editor_decides_over_the_user_which_workspace_is_trusted(workspace: Path) -> None:
    write_user("trusted = false\n")
    write_workspace(workspace, "[completion]\nline_ms = 100\n")
    assert load_settings(workspace)[0].completion == CompletionSettings()
    settings, complaints = load_settings(workspace, {"trusted": True})
    assert (settings.completion.line_ms, complaints) == (100, [])


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ({"completion": {"line_ms": 1}}, "completion.line_ms = 1: Input should be greater than or equal to 50"),
        ({"completion": {"line_ms": "soon"}}, "completion.line_ms = 'soon': Input should be a valid integer"),
        ({"completion": {"disabled_languages": "go"}}, "completion.disabled_languages = 'go': Input should be a valid"),
        ({"completion": {"lines": 1}}, "there is no setting completion.lines"),
        ({"completions": {"line_ms": 1}}, "there is no setting completions.line_ms"),
        ({"model": {"name": "x"}}, "there is no setting model.name"),
        ({"completion": 5}, "completion = 5: Input should be"),
        ({"completion": {"enabled": {"really": True}}}, "completion.enabled = {'really': True}: Input should be"),
        ({"completion": {"minimum_probability": float("nan")}}, "minimum_probability = nan"),
        ({"engine": {"idle_minutes": float("inf")}}, "engine.idle_minutes = inf"),
        ({"engine": {"idle_minutes": 0}}, "engine.idle_minutes = 0"),
    ],
)
def test_a_bad_value_falls_back_and_is_told_and_the_rest_counts(
    workspace: Path, editor: dict[str, Any], told: str
) -> None:
    write_user("[completion]\nline_ms = 100\n")
    settings, (complaint,) = load_settings(workspace, {**editor, "index": {"enabled": False}})
    assert settings.completion == CompletionSettings(line_ms=100)
    assert settings.engine == EngineSettings()
    assert not settings.index.enabled
    assert complaint.startswith("the editor's settings: ")
    assert told in complaint


def test_a_bad_value_falls_back_to_that_of_the_source_before(workspace: Path) -> None:
    write_user("[completion]\nline_ms = 100\n")
    write_workspace(workspace, "[completion]\nline_ms = -1\nblock_ms = 200\n")
    settings, (complaint,) = load_settings(workspace)
    assert (settings.completion.line_ms, settings.completion.block_ms) == (100, 200)
    assert str(workspace) in complaint


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"completion = [", id="no TOML"),
        pytest.param(b"model = '\xff'", id="no UTF-8"),
        pytest.param(b"x = " + b"[" * 50_000, id="nested beyond measure"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_others_count(workspace: Path, content: bytes) -> None:
    write_user("[completion]\nline_ms = 100\n")
    write_workspace(workspace, "")
    (workspace / ".fimble" / "settings.toml").write_bytes(content)
    settings, (complaint,) = load_settings(workspace)
    assert settings.completion.line_ms == 100
    assert "cannot be read" in complaint


def test_a_folder_in_the_place_of_the_file_is_told(workspace: Path) -> None:
    (workspace / ".fimble" / "settings.toml").mkdir(parents=True)
    settings, (complaint,) = load_settings(workspace)
    assert settings == Settings()
    assert "cannot be read" in complaint


def test_a_link_to_a_device_is_not_read(workspace: Path) -> None:
    (workspace / ".fimble").mkdir()
    (workspace / ".fimble" / "settings.toml").symlink_to("/dev/zero")
    settings, (complaint,) = load_settings(workspace)
    assert settings == Settings()
    assert "no file" in complaint


def test_a_deep_and_a_long_value_give_one_short_sentence(workspace: Path) -> None:
    write_workspace(workspace, "[completion.enabled]\n" + ".".join(["a"] * 3000) + " = 1\n")
    assert [len(complaint) < 1000 for complaint in load_settings(workspace)[1]] == [True]
    write_workspace(workspace, f'[completion]\nenabled = "{"x" * 60_000}"\n')
    assert [len(complaint) < 1000 for complaint in load_settings(workspace)[1]] == [True]


def test_the_engine_is_started_with_its_settings() -> None:
    settings = EngineSettings(context_tokens=2048, threads=3, idle_minutes=7)
    assert settings.options() == EngineOptions(context_tokens=2048, threads=3, idle_minutes=7)
