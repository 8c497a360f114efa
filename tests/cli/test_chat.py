"""`fimble ask` and `fimble chat` as a user calls them."""

from pathlib import Path

import pytest

from commands import assert_refused, fimble, json_of


def test_who_calls_something_is_told_by_the_index_alone(workspace: Path) -> None:
    found = json_of(fimble("ask", "who calls asked_tokens?", "--json", folder=workspace))
    assert found["answer"].startswith("`asked_tokens` [1] is used in ")
    assert found["unknown_names"] == []
    for citation in found["citations"]:
        lines = (workspace / citation["path"]).read_text().split("\n")
        assert "asked_tokens" in "\n".join(lines[citation["start_line"] - 1 : citation["end_line"]])


def test_an_answer_for_people_ends_with_its_sources(workspace: Path) -> None:
    done = fimble("ask", "what breaks if I change asked_tokens?", "--root", str(workspace))
    assert done.returncode == 0, done.stderr
    assert "\n[1] indexer/fimble_indexer/retrieval/search.py:" in done.stdout


def test_what_is_not_there_is_not_found(workspace: Path) -> None:
    found = json_of(fimble("ask", "Where is the Kubernetes operator deployed?", "--json", folder=workspace))
    assert found["answer"].startswith("Not found: no file of this repository has “Kubernetes”")


@pytest.mark.parametrize("question", ["", "?!", "  "])
def test_no_question_is_refused(workspace: Path, question: str) -> None:
    assert_refused(fimble("ask", question, folder=workspace), "there is no question")


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert_refused(fimble("ask", "what is it?", "--root", str(tmp_path / "missing")), "is no folder")
    assert_refused(fimble("chat", str(tmp_path / "missing")), "is no folder")


@pytest.mark.model
def test_a_question_is_answered_by_the_model_with_citations_that_exist(workspace: Path) -> None:
    done = fimble("ask", "How is the similarity of chunks to a question computed?", "--json", folder=workspace)
    found = json_of(done)
    assert len(found["answer"].split()) > 5
    assert found["citations"]
    for citation in found["citations"]:
        assert citation["end_line"] <= (workspace / citation["path"]).read_text().count("\n") + 1


@pytest.mark.model
def test_a_conversation_reads_messages_from_its_input(workspace: Path) -> None:
    done = fimble("chat", str(workspace), text="who calls asked_tokens?\nand what breaks if I change it?\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("asked_tokens [1] is used in") == 2
