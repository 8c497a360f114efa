"""Commands are data: those of Fimble are all usable, those of a repository are read strictly and do nothing else."""

from pathlib import Path

import pytest

from fimble_prompts.commands import CommandError, built_in_commands, load_commands, parse_command

GOOD = """---
title: Shout
result: prose
context: definitions
instruction: optional
temperature: 0.5
---
Shout {name}!
"""


def test_the_built_in_commands() -> None:
    found = built_in_commands()
    expected = "comment complete doc edit explain fix optimise refactor review simplify tests translate types"
    assert sorted(found) == expected.split()
    assert {name for name, command in found.items() if command.instruction == "required"} == {"edit", "translate"}


def test_a_command_is_read() -> None:
    command = parse_command("shout", GOOD.replace("\n", "\r\n"))
    assert (command.title, command.result, command.context) == ("Shout", "prose", ("definitions",))
    assert (command.instruction, command.temperature) == ("optional", 0.5)
    assert command.text(name="{language}", language="Go") == "Shout {language}!"


def test_braces_of_the_template_stay() -> None:
    command = parse_command("json", '---\ntitle: JSON\n---\nAnswer {"a": 1} in {language}, {unknown}.')
    assert command.text(language="Go", name="f", instruction="") == 'Answer {"a": 1} in Go, {unknown}.'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin with its settings"),
        ("title: Shout\n---\nx", "does not begin with its settings"),
        ("---\ntitle: Shout\nx", "does not begin with its settings"),
        ("---\nresult: prose\n---\nx", "has no title"),
        ("---\ntitle: Shout\n---\n \n", "has no text"),
        ("---\ntitle: Shout\nrun: rm -rf /\n---\nx", "there is no setting run"),
        ("---\ntitle: Shout\ntitle: Shout\n---\nx", "sets title twice"),
        ("---\ntitle: Shout\nresult: shell\n---\nx", "it is one of replace"),
        ("---\ntitle: Shout\ncontext: definitions, secrets\n---\nx", "it lists some of"),
        ("---\ntitle: Shout\ntemperature: hot\n---\nx", "a number from 0 to 2"),
        ("---\ntitle: Shout\nkind: evil kind\n---\nx", "a kind of code action"),
        ("---\ntitle: \x1b[31mRed\n---\nx", "a line of up to 60 characters"),
        (f"---\ntitle: {'x' * 61}\n---\nx", "a line of up to 60 characters"),
        ("---\ntitle: Shout\n- a list\n---\nx", "is no setting"),
        ("---\ntitle: Shout\n---\n" + "x" * 20_000, "is larger than"),
    ],
)
def test_a_wrong_command_is_told_in_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    folder = tmp_path / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "shout.md").write_text(text)
    commands, (complaint,) = load_commands(tmp_path)
    assert "shout" not in commands
    assert reason in complaint
    assert "shout.md" in complaint
    assert "\n" not in complaint


@pytest.mark.parametrize("name", ["Shout", "a b", "-a", "x" * 41, ""])
def test_a_wrong_name_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="no name for a command"):
        parse_command(name, GOOD)


def test_a_repository_goes_over_the_built_in_commands(tmp_path: Path) -> None:
    folder = tmp_path / ".fimble" / "commands"
    folder.mkdir(parents=True)
    (folder / "fix.md").write_text("---\ntitle: Our fix\n---\nFix it our way.")
    (folder / "raw.md").write_bytes(b"\xff\xfe")
    (folder / "folder.md").mkdir()
    commands, complaints = load_commands(tmp_path)
    assert commands["fix"].title == "Our fix"
    assert commands["fix"].from_repository
    assert not commands["doc"].from_repository
    assert len(complaints) == 1
    assert not built_in_commands()["fix"].from_repository


def test_without_a_folder_there_are_the_built_in_commands(tmp_path: Path) -> None:
    assert load_commands(tmp_path) == (built_in_commands(), [])
    assert load_commands(None) == (built_in_commands(), [])
