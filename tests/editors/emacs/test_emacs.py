"""Fimble in Emacs, which has no inline completion: suggestions in eglot's completion list."""

from pathlib import Path

import pytest

from editors.emacs.emacs import Emacs
from samples import ADD

BEFORE = ADD.removesuffix("return ")


@pytest.mark.model
def test_completion_inserts_it_and_undo_takes_it_back(eglot: Emacs) -> None:
    eglot.type("return ")
    eglot.keys("C-M-i")
    eglot.see("return first - second")
    eglot.expect(ADD + "first - second\n")
    eglot.keys("C-_")
    eglot.expect(ADD + "\n")


@pytest.mark.model
def test_a_word_that_is_begun_is_completed(eglot: Emacs) -> None:
    eglot.type("return fir")
    eglot.keys("C-M-i")
    eglot.see("return first - second")
    eglot.expect(ADD + "first - second\n")


@pytest.mark.model
def test_behind_emoji_and_in_front_of_closing_brackets(eglot: Emacs) -> None:
    eglot.run("(electric-pair-mode)")
    eglot.type("print('😀 é', first + second)")
    eglot.keys("Enter")
    eglot.type("return (")
    eglot.keys("C-M-i")
    eglot.see("return (first - second)")
    eglot.expect(BEFORE + "print('😀 é', first + second)\n    return (first - second)\n")


@pytest.mark.model
def test_while_typing_it_is_shown_in_its_place_and_return_accepts_it(company: Emacs) -> None:
    company.type("return ")
    company.see("return first - second")
    company.keys("C-g")
    company.expect(ADD + "\n")
    company.type("fir")
    company.see("return first - second")
    company.keys("Enter")
    company.expect(ADD + "first - second\n")


def test_without_a_model_it_says_what_to_do(tmp_path: Path, sums: Path) -> None:
    home = {"FIMBLE_HOME": str(tmp_path / "no-model")}
    with Emacs(tmp_path / "emacs", sums, blocks=1, environment=home) as emacs:
        emacs.go_to_end()
        emacs.type("return ")
        emacs.keys("C-M-i")
        emacs.keys("C-h", "e")  # the line for messages shows the next one soon
        emacs.see("fimble models pull")
