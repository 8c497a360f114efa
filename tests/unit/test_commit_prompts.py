"""Prompts and grammars of commit messages."""

import pytest

from fimble_prompts.commit_messages import ChangedFile, repeats_prompt, subject_grammar, subject_prompt, summary_prompt

FILES = [ChangedFile("shop.py", "add sell", "shop.py\n+def sell():"), ChangedFile("till.py", "change count")]


def test_a_prompt_tells_of_every_file() -> None:
    _, user = subject_prompt(FILES, others=3, mood="past", limit=70)
    for part in (
        "+def sell():",
        "- shop.py: add sell",
        "- till.py: change count",
        "3 other files",
        "10 words",
        "past",
    ):
        assert part in user
    assert "other files" not in subject_prompt(FILES, others=0, mood="past", limit=70)[1]


def test_the_form_of_the_verb_is_told_of_english_alone() -> None:
    _, user = subject_prompt(FILES, others=0, mood="past", limit=70, language="German")
    assert "German" in user
    assert "past" not in user


def test_braces_of_code_are_no_placeholders() -> None:
    files = [ChangedFile("a.c", "change main", "+int main() { {files} }")]
    assert "{ {files} }" in subject_prompt(files, others=0, mood="imperative", limit=70)[1]
    assert "{ {path} }" in summary_prompt("a.c", "+{ {path} }")[1]


def test_a_grammar_has_room_for_the_longest_prefix_and_verb() -> None:
    grammar = subject_grammar(["feat: ", "refactor: "], ["Add", "Restore"], 50)
    assert grammar.startswith('root ::= ("feat: " | "refactor: ") ("Add" | "Restore") " " ')
    assert grammar.endswith("{4,32}")


def test_a_prefix_is_taken_literally() -> None:
    assert subject_grammar(['"a\\b": '], [], 50).startswith('root ::= ("\\"a\\\\b\\": ") ')


@pytest.mark.parametrize(
    ("sentence", "is_leak"),
    [
        ("Write the subject line of the git commit message", True),
        ("Add what does the change do, and why", True),
        ("Write git commit messages for what is staged", False),
        ("Add sell to the shop", False),
    ],
)
def test_what_repeats_the_prompt(sentence: str, *, is_leak: bool) -> None:
    assert repeats_prompt(sentence) is is_leak
