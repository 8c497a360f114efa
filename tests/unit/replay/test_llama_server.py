"""How the peer is found and started; building it takes a quarter of an hour, and is left to who measures."""

from pathlib import Path

import pytest

import corpora
import llama_server
from replaying.processes import cpu_seconds, peak_memory


def test_the_sources_are_those_that_the_lock_file_pins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[corpora.Corpus] = []

    def unpacked(corpus: corpora.Corpus) -> Path:
        asked.append(corpus)
        return tmp_path

    monkeypatch.setattr(llama_server, "unpacked", unpacked)
    assert llama_server.sources() == tmp_path
    (corpus,) = asked
    lock = (Path(llama_server.__file__).parent.parent / "requirements.lock").read_text()
    assert f"llama-cpp-python=={corpus.version} \\\n    --hash=sha256:{corpus.sha256}" in lock


def test_the_server_listens_on_this_machine_alone_with_the_recommended_flags(tmp_path: Path) -> None:
    server = llama_server.binary(tmp_path)
    server.parent.mkdir()
    server.touch()
    command = llama_server.run_command(tmp_path, Path("a.gguf"), 2, 8012)
    assert command[:3] == [str(server), "--model", "a.gguf"]
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--threads") + 1] == command[command.index("--threads-batch") + 1] == "2"
    assert command[command.index("--cache-reuse") + 1] == "256"


def test_without_a_build_one_sentence_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "a.gguf"
    assert llama_server.main(["run", str(tmp_path), "--model", str(model)]) == 2
    with pytest.raises(llama_server.BuildError, match="build it first"):
        llama_server.run_command(tmp_path, model, 2, 8012)
    assert capsys.readouterr().err.count("\n") == 1


def test_processes_that_ended_cost_nothing_more() -> None:
    assert cpu_seconds([2**22 + 1]) == 0
    assert peak_memory([2**22 + 1]) == 0
