"""The command line as a user calls it: results on stdout, one sentence on stderr, exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands import assert_refused, fimble, json_of
from samples import ADD

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    """A file to complete in, in a folder that is no repository."""
    path = tmp_path / "sums.py"
    path.write_text(ADD, encoding="utf-8")
    return path


@pytest.mark.model
def test_complete_prints_the_suggestion(sums: Path) -> None:
    done = fimble("complete", "sums.py:8:12", folder=sums.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "first - second\n"


@pytest.mark.model
def test_complete_as_json(sums: Path) -> None:
    result = json_of(fimble("complete", f"{sums}:8:12", "--json"))
    assert result["text"] == "first - second"
    assert result["range"] == {"start": {"line": 8, "column": 12}, "end": {"line": 8, "column": 12}}
    assert result["candidates"][0]["text"] == result["text"]
    explanation = result["explanation"]
    assert explanation["snippets"] == []
    assert explanation["generated_tokens"] > 0
    assert explanation["evaluated_tokens"] + explanation["cached_tokens"] > 0
    assert explanation["timings_ms"]["total"] > 0
    assert explanation["line_log_probability"] < 0
    assert explanation["model"].endswith(".gguf")


@pytest.mark.model
def test_complete_an_unsaved_buffer(sums: Path) -> None:
    result = json_of(fimble("complete", f"{sums}:8:12", "--stdin", "--json", text=ADD.replace("second", "last")))
    assert result["text"] == "first - last"


@pytest.mark.model
def test_a_column_beyond_the_line_is_its_end(sums: Path) -> None:
    result = json_of(fimble("complete", f"{sums}:8:4000", "--json"))
    assert result["range"]["start"] == {"line": 8, "column": 12}
    assert result["text"] == "first - second"


@pytest.mark.model
def test_invalid_utf8_is_completed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes("# caf\xe9\n".encode("latin-1") + ADD.encode())
    assert json_of(fimble("complete", f"{path}:9:12", "--json"))["text"] == "first - second"


@pytest.mark.model
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs util-linux to take the network away")
def test_complete_without_any_network(sums: Path) -> None:
    probe = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True)
    if probe.returncode != 0:
        pytest.skip("this system lets nobody make a network namespace")
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-m", "fimble_server", "complete", f"{sums}:8:12"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "first - second\n", done.stderr


@pytest.mark.model
def test_doctor_times_a_real_completion(workspace: Path) -> None:
    findings = json_of(fimble("doctor", str(workspace), "--json"))
    assert findings["problems"] == []
    assert findings["versions"]["llama-cpp-python"] != "missing"
    assert findings["completion"]["text"].startswith("(")
    assert findings["completion"]["answer_ms"] > 0
    assert findings["engine"]["prefill_tokens_per_second"] > 0


@pytest.mark.model
def test_status_and_stop(sums: Path) -> None:
    fimble("complete", f"{sums}:8:12")
    assert json_of(fimble("status", "--json"))["state"] == "ready"
    assert fimble("stop").stdout == "stopped\n"
    assert json_of(fimble("status", "--json")) == {"state": "stopped"}
    assert fimble("stop").stdout == "The engine does not run.\n"


def test_index_search_and_symbols(workspace: Path) -> None:
    summary = json_of(fimble("index", str(workspace), "--json"))
    assert summary["files"] > 20
    assert json_of(fimble("index", str(workspace), "--json"))["parsed"] == 0
    found = json_of(fimble("symbols", "language_for_path", "--root", str(workspace), "--json"))
    assert [hit["path"] for hit in found["results"]] == ["indexer/fimble_indexer/syntax/languages.py"]
    line = found["results"][0]["start_line"]
    source = (workspace / "indexer/fimble_indexer/syntax/languages.py").read_text(encoding="utf-8").splitlines()
    assert source[line - 1].startswith("def language_for_path")
    hits = json_of(fimble("search", "gitignore rules", "--root", str(workspace), "--json"))
    assert any(hit["path"].startswith("indexer/fimble_indexer/files/") for hit in hits["results"])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small workspace of two files and a document."""
    folder = tmp_path / "shop"
    (folder / "web").mkdir(parents=True)
    (folder / "cart.py").write_text("class Cart:\n    def total(self): ...\n    def _round(self): ...\n")
    (folder / "web" / "pages.py").write_text("from cart import Cart\ndef show_cart():\n    return Cart().total()\n")
    (folder / "guide.md").write_text("# Refunds\n\nMoney goes back within five days.\n")
    return folder


def test_search_prints_places(shop: Path) -> None:
    done = fimble("search", "where", "is the", "cart", "shown", folder=shop)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "web/pages.py:2: def show_cart():"
    assert done.stderr == ""


def test_search_in_a_folder_only(shop: Path) -> None:
    for path in ("web", "web/", "web/pages.py", str(shop / "web")):
        found = json_of(fimble("search", "cart", "--path", path, "--root", str(shop), "--json"))
        assert [hit["path"] for hit in found["results"]] == ["web/pages.py"]


def test_search_as_json_tells_the_best_line(shop: Path) -> None:
    (hit,) = json_of(fimble("search", "money back", "--root", str(shop), "--json"))["results"]

    assert (hit["line"], hit["preview"]) == (3, "Money goes back within five days.")
    assert (hit["start_line"], hit["end_line"]) == (1, 3)


def test_map_shows_signatures_by_path(shop: Path) -> None:
    done = fimble("map", folder=shop)
    assert done.returncode == 0
    assert done.stdout == (
        "cart.py:\n    class Cart\n        def total(self)\n        def _round(self)\n"
        "web/pages.py:\n    def show_cart()\n"
    )
    assert fimble("map", folder=shop).stdout == done.stdout


def test_map_within_a_budget_and_paths(shop: Path) -> None:
    assert fimble("map", "--tokens", "8", folder=shop).stdout == "cart.py:\n    class Cart\n"
    assert fimble("map", "web", folder=shop).stdout == "web/pages.py:\n    def show_cart()\n"


def test_map_as_json(shop: Path) -> None:
    result = json_of(fimble("map", "--focus", "web/pages.py", "--json", folder=shop))
    assert (result["root"], result["focus"]) == (str(shop), ["web/pages.py"])
    cart, pages = result["files"]
    assert cart["text"] + pages["text"] == fimble("map", folder=shop).stdout
    assert cart["definitions"][1] == {
        "kind": "method",
        "name": "total",
        "qualified_name": "Cart.total",
        "signature": "def total(self)",
        "start_line": 2,
        "end_line": 2,
    }
    assert pages["rank"] > cart["rank"] > 0


@pytest.mark.parametrize(
    "command", [["search", "nothing_like_it"], ["symbols", "nothing_like_it"], ["map", "guide.md"]]
)
def test_nothing_found_is_exit_code_1(shop: Path, command: list[str]) -> None:
    done = fimble(*command, folder=shop)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fimble: no")
    assert done.stderr.count("\n") == 1
    done = fimble(*command, "--json", folder=shop)
    assert done.returncode == 1
    assert [] in json.loads(done.stdout).values()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["search", ""], "no word"),
        (["search", "?", "!"], "no word"),
        (["symbols", "."], "no name"),
        (["search", "cart", "--root", "missing"], "is no folder"),
        (["search", "cart", "--path", "missing"], "there is no missing"),
        (["search", "cart", "--path", ".."], "is not in"),
        (["map", "missing"], "there is no missing"),
        (["map", "--focus", "web"], "not in the index"),
        (["map", "--root", "cart.py"], "is no folder"),
    ],
)
def test_a_look_up_that_cannot_be(shop: Path, command: list[str], reason: str) -> None:
    assert_refused(fimble(*command, folder=shop), reason)


@pytest.mark.parametrize("command", [["map", "--tokens", "0"], ["search", "x", "--limit", "0"], ["search"]])
def test_options_out_of_range_are_exit_code_2(shop: Path, command: list[str]) -> None:
    done = fimble(*command, folder=shop)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("missing.py:1:1", "cannot be read"),
        ("sums.py", "no place"),
        ("sums.py:1", "no place"),
        ("sums.py:99:1", "has no line 99"),
        ("sums.py:0:1", "has no line 0"),
        ("sums.py:1:0", "count from 1"),
        (".:1:1", "cannot be read"),
        ("binary.py:1:1", "binary"),
        ("huge.py:1:1", "too large"),
    ],
)
def test_a_place_that_cannot_be_completed(sums: Path, place: str, reason: str) -> None:
    (sums.parent / "binary.py").write_bytes(b"\x7fELF\0\0\1\2")
    with (sums.parent / "huge.py").open("wb") as huge:
        huge.truncate(50_000_000)
    assert_refused(fimble("complete", place, folder=sums.parent), reason)


def test_no_model_names_the_command(sums: Path, tmp_path: Path) -> None:
    done = fimble("complete", f"{sums}:8:12", FIMBLE_HOME=str(tmp_path / "empty"))
    assert_refused(done, "fimble models pull qwen2.5-coder-0.5b")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    assert_refused(fimble("index", str(tmp_path / "missing")), "is no folder")


@pytest.mark.parametrize("damage", ["truncated", "rubbish", "missing"])
def test_a_model_file_that_is_none(sums: Path, tmp_path: Path, model: Path, damage: str) -> None:
    path = tmp_path / "broken.gguf"
    if damage == "truncated":
        with model.open("rb") as whole:
            path.write_bytes(whole.read(1_000_000))
    elif damage == "rubbish":
        path.write_bytes(b"not a model " * 1000)
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text(f'model = "{path.as_posix()}"\n', encoding="utf-8")
    assert_refused(fimble("complete", f"{sums}:8:12", FIMBLE_HOME=str(home)), "broken.gguf")


@pytest.mark.model
def test_a_cache_that_cannot_be_written(workspace: Path, tmp_path: Path, model: Path) -> None:
    """A file stands where the folder should be: as good as read-only, also for root."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "data").symlink_to(model.parents[2])
    (home / "cache").write_text("", encoding="utf-8")
    done = fimble("index", str(workspace), FIMBLE_HOME=str(home))
    assert_refused(done, "could not be indexed")
    (workspace / "sums.py").write_text(ADD, encoding="utf-8")
    done = fimble("complete", f"{workspace / 'sums.py'}:8:12", FIMBLE_HOME=str(home))
    assert done.stdout == "first - second\n", done.stderr
    fimble("stop", FIMBLE_HOME=str(home))


def test_settings_that_do_not_fit_are_told_and_cost_nothing_else(sums: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text("completion = 3\n", encoding="utf-8")
    done = fimble("doctor", str(sums.parent), "--json", FIMBLE_HOME=str(home))
    assert done.returncode == 2
    assert any("completion" in problem for problem in json.loads(done.stdout)["problems"])


def test_the_reference_of_settings_is_up_to_date() -> None:
    page = fimble("settings").stdout
    assert (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8") == page, (
        "run: fimble settings > docs/settings.md"
    )
    assert "completion" in json_of(fimble("settings", "--json"))["properties"]
