"""The benchmark of edits judges by tests that a right answer passes and a wrong one fails, and sees bad form."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edits import Item, form_failure, read_items, summary
from fimble_server.edits.changes import FileEdit
from fimble_server.edits.proposal import Proposal
from fimble_server.edits.replacing import CUT_OFF, UNCHANGED

EDIT = {
    "task_id": "EditEval/1",
    "instruction": "Add one. ",
    "context": "x = 1\n{{Code}}\n",
    "input": "def f():\n    return x",
    "test": "def check():\n    assert f() == 2",
}
FIX = {
    "task_id": "Python/1",
    "prompt": "import math\n\n\ndef f(x):\n",
    "buggy_solution": "    return math.sqrt(x) + 1\n",
    "test": "def check(f):\n    assert f(4) == 2\ncheck(f)",
    "entry_point": "f",
}
FIX_JS = {
    "task_id": "JavaScript/1",
    "prompt": "/* Half */\nconst half = (x) => {\n",
    "buggy_solution": "  return x\n}\n",
    "test": "console.assert(half(4) === 2)",
    "entry_point": "half",
}


def items(folder: Path, *rows: dict[str, Any]) -> list[Item]:
    file = folder / "some.dev.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return read_items(file)


def test_items_are_judged_by_their_tests(tmp_path: Path) -> None:
    edit, fix = items(tmp_path, EDIT, FIX)
    assert (edit.set, edit.instruction, edit.path) == ("some", "Add one.", "solution.py")
    assert edit.passes(edit.code.replace("x", "x + 1"))
    assert not edit.passes(edit.code)
    assert fix.passes(fix.code.replace(" + 1", ""))
    assert not fix.passes(fix.code)
    assert (fix.selection().start_line, fix.selection().end_line) == (3, 5)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_items_in_javascript(tmp_path: Path) -> None:
    (item,) = items(tmp_path, FIX_JS)
    assert item.path == "solution.js"
    assert item.selection().start_line == 0
    assert item.passes(item.code.replace("return x", "return x / 2"))
    assert not item.passes(item.code)


@pytest.mark.parametrize(
    ("after", "failure"),
    [
        ("import math\n\n\ndef f(x):\n    return math.sqrt(x)\n", ""),
        ("import os\n\n\ndef f(x):\n    return math.sqrt(x)\n", "outside"),
        ("import math\n\n\ndef f(x):\n    return '''\n```\n'''\n", "fence"),
        ("import math\n\n\ndef f(x):\n    Here is the code:\n", "does not parse"),
    ],
)
def test_bad_form_is_seen(tmp_path: Path, after: str, failure: str) -> None:
    (item,) = items(tmp_path, FIX)
    proposal = Proposal("Fix", FileEdit("solution.py", item.code, after))
    found = form_failure(item, item.selection(), proposal)
    assert failure in found
    assert bool(found) == bool(failure)


def test_no_edit_is_bad_form_only_where_no_code_came(tmp_path: Path) -> None:
    (item,) = items(tmp_path, FIX)
    assert form_failure(item, item.selection(), Proposal("Fix", notice=CUT_OFF)) == CUT_OFF
    assert form_failure(item, item.selection(), Proposal("Fix", notice=UNCHANGED)) == ""


def test_the_summary_compares_pairwise() -> None:
    rows = [
        {"plain": {"passes": a, "seconds": 1.0}, "fimble": {"passes": b, "seconds": 2.0, "form": form}}
        for a, b, form in [(True, True, ""), (False, True, ""), (False, False, "no code"), (False, True, "")]
    ]
    found = summary(rows)
    assert (found["plain"], found["fimble"], found["difference"], found["form_failures"]) == (25.0, 75.0, 50.0, 1)
