"""Questions about a repository as messages for a model: excerpts, numbered from 1, and what is asked of them."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from fimble_prompts.chat import Turn
from fimble_prompts.excerpts import Excerpt, numbered

Task: TypeAlias = Literal["overview", "place", "explanation"]
"""What is wanted of the excerpts: what the whole is for, where something is done, or how."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FEWEST_CHARACTERS, _MOST_CHARACTERS = 20, 600


def question_turns(
    question: str, excerpts: Sequence[Excerpt], task: Task, earlier: Sequence[Turn] = ()
) -> tuple[Turn, ...]:
    """Return the messages that ask a question about the excerpts, behind those of a conversation."""
    wording = _wording()
    asked = wording["user"].format(excerpts=numbered(excerpts), question=question, task=wording["task"][task])
    return Turn("system", wording["system"].strip()), *earlier, Turn("user", asked.strip())


def answer_grammar(excerpts: Sequence[Excerpt], task: Task) -> str:
    """Return the GBNF that keeps an answer in form: one paragraph of prose, without brackets.

    Where a place is asked for, it is one of the places that were found: the model chooses, and cannot invent.
    """
    citable = [(number, excerpt) for number, excerpt in enumerate(excerpts, 1) if excerpt.is_citable]
    choices = [f"{excerpt.title} [{number}]" for number, excerpt in citable]
    if task == "place" and choices:
        return f"root ::= {' | '.join(map(_literal, choices))}"
    return f"root ::= [A-Z`] character{{{_FEWEST_CHARACTERS},{_MOST_CHARACTERS}}}\ncharacter ::= [^\\[\\]\\n]"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02X}", escaped)
    return f'"{escaped}"'


@cache
def _wording() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "questions.toml").read_text(encoding="utf-8"))
