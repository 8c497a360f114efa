"""Code blocks put into files by their syntax.

The cases are in `placement/`, a file for a language: a block of code for a file, and what becomes of that. `before` is
the file, with a `|` for the cursor, and `after` what it is then; or `changes` say which lines of the file that several
cases share become others.
"""

import tomllib
from contextlib import suppress
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.syntax.languages import languages
from fimble_indexer.syntax.outline import outline
from fimble_server.edits.placement.apply import Applied, ApplyError, apply_code
from language_samples import LANGUAGES


class Case(NamedTuple):
    name: str
    path: str
    before: str
    code: str
    after: str


def read_cases(file: Path) -> list[tuple[str, Case]]:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    cases = []
    for entry in table["case"]:
        before = entry.get("before", table.get("before"))
        after = entry.get("after", before.replace("|", ""))
        for change in entry.get("changes", ()):
            assert after.count(change["from"]) == 1
            after = after.replace(change["from"], change["to"])
        case = Case(entry["name"], entry["path"], before, entry["code"].strip("\n"), after)
        cases.append((f"{file.stem}: {case.name}", case))
    return cases


CASES = [case for file in sorted((Path(__file__).parent / "placement").glob("*.toml")) for case in read_cases(file)]

CART = """import os


class Cart:
    def add(self, item):
        total = 0
        for other in self.items:
            total += other.price
        self.items.append(item)
        return total

    def total(self):
        return sum(self.items)


class Basket:
    def total(self):
        return 0
"""


def applied(case: Case, change: str = "\n") -> Applied:
    text, bar, behind = case.before.partition("|")
    text, behind = text.replace("\n", change), behind.replace("\n", change)
    return apply_code(text + behind, case.code, case.path, cursor=len(text) if bar else None)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_a_block_goes_to_its_place(case: Case) -> None:
    result = applied(case)

    assert result.text == case.after
    assert result.how
    assert result.left_out == ()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_line_ends_stay(case: Case) -> None:
    assert applied(case, "\r\n").text == case.after.replace("\n", "\r\n" if case.before else "\n")


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_what_was_applied_is_applied_already(case: Case) -> None:
    text = applied(case).text
    if "cursor" in case.name or "left out" in case.name or not case.before:
        pytest.skip("the block does not name its place, or the line it goes beside is there twice then")

    assert apply_code(text, case.code, case.path).text == text


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES if "cursor" not in case.name])
def test_a_fence_and_a_further_indentation_make_no_difference(case: Case) -> None:
    if 'return """' in case.code:
        pytest.skip("its text would move")
    fenced = case._replace(code=f"```\n{indent(case.code, '    ')}\n```\n")

    assert applied(fenced).text.split() == case.after.split()


@pytest.mark.parametrize(
    ("code", "cursor", "reason"),
    [
        ("", None, "empty"),
        ("print(1)", None, "put the cursor"),
        ("def total(self):\n    return 1", None, "defined 2 times"),
        ("def clear(self):\n    self.items = []", None, "belongs to a type"),
        ("# ... existing code ...\nprint(1)", 0, "leaves parts out"),
        (
            "def add(self, item):\n    # ...\n    total = 1\n    self.items.append(item)\n    return total",
            None,
            "not certain",
        ),
        ("def add(self, item):\n    # ...\n    print(item)\n    # ...\n    return total", None, "not certain"),
        ("def add(self, item):\n    # ... existing code ...\n    print(item)", None, "not certain"),
        ("class Cart:\n    # ...\n    self.items = load()", None, "certain place"),
        (
            "class Cart:\n    # ... existing code ...\n    def add(self, item:\n        return 1",
            None,
            "syntax error",
        ),
    ],
)
def test_what_is_not_certain_is_refused(code: str, cursor: int | None, reason: str) -> None:
    with pytest.raises(ApplyError, match=reason) as refused:
        apply_code(CART, code, "cart.py", cursor=cursor)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("a.py", 'x = """\n|\n"""\n', "print(1)"),
        ("a.py", '|x = """\n"""\n', "print(1)"),
        ("a.py", "# one | two\n", "print(1)"),
        ("a.py", 'f("a|b")\n', "print(1)"),
        ("a.ts", "const a = `\n|\n`;\n", "f();"),
        ("a.rs", "fn main() { /* | */ }\n", "f();"),
        ("A.java", 'class A { String s = """\n  |\n  """; }\n', "f();"),
        ("a.go", "package a\n\nvar s = `\n|\n`\n", "f()"),
    ],
)
def test_nothing_is_put_into_a_string_or_a_comment(path: str, text: str, code: str) -> None:
    before, _, behind = text.partition("|")

    with pytest.raises(ApplyError, match="string or a comment"):
        apply_code(before + behind, code, path, cursor=len(before))


def test_a_name_that_is_defined_under_two_conditions_is_not_the_whole_file() -> None:
    text = "if a:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n"

    with pytest.raises(ApplyError, match="defined 2 times"):
        apply_code(text, "def f():\n    return 3", "a.py")
    code = "def f():\n    return 3"
    assert apply_code(text, code, "a.py", cursor=text.index("return 2")).text == text.replace("return 2", "return 3")
    once = "if a:\n    def f():\n        return 1\n"
    assert apply_code(once, code, "a.py").text == once.replace("return 1", "return 3")


def test_the_cursor_decides_between_namesakes() -> None:
    cursor = CART.index("class Basket") + 5
    code = "def total(self):\n    return 1"

    assert apply_code(CART, code, "cart.py", cursor=cursor).text == CART.replace("return 0", "return 1")


def test_a_definition_in_a_string_is_none() -> None:
    text = 'HELP = """\ndef main():\n    pass\n"""\n\n\ndef main():\n    return 1\n'

    result = apply_code(text, "def main():\n    return 2", "a.py")

    assert result.text == text.replace("return 1", "return 2")


def test_statements_beside_a_definition_are_told_and_left_out() -> None:
    result = apply_code(CART, "class Basket:\n    def total(self):\n        return 1\n\n\nprint(Basket())", "cart.py")

    assert result.text == CART.replace("return 0", "return 1")
    assert result.left_out == ("a statement that defines nothing: print(Basket())",)


def test_how_names_what_was_done() -> None:
    code = (
        "import os\nimport sys\n\nclass Cart:\n    # ...\n    def total(self):\n        return 1\n\n"
        "    def new(self): ..."
    )

    how = apply_code(CART, code, "cart.py").how

    assert how == (
        "replaced method Cart.total; added method Cart.new behind method Cart.total; "
        "kept 1 other member of class Cart; added 1 import"
    )


def test_a_lone_surrogate_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffNAME = '\udce9'\n\n\ndef f():\n    return 'é'\n"

    assert apply_code(text, "def f():\n    return 1", "a.py").text == text.replace("'é'", "1")


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_replacing_one_definition_by_itself_changes_nothing(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(LANGUAGES)))
    text = LANGUAGES[name][0]
    language = languages()[name]
    found = outline(text.encode(), language)
    assert found is not None
    if not found.items:
        return
    item = data.draw(st.sampled_from(found.items))
    code = text.encode()[item.lead : item.span.end].decode()
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = text.replace("\n", newline)

    try:
        result = apply_code(text, code, f"sample{language.extensions[0]}", language=language)
    except ApplyError:
        return
    assert result.text == text


FUNCTION_NAMES = ("alpha", "beta", "gamma", "delta")
BODIES = st.sampled_from(
    ["return 1", "x = '''\n def alpha():\n'''\n    return x", "if a:\n        return 2", "# note\n    pass"]
)


@given(
    st.lists(
        st.tuples(st.sampled_from(FUNCTION_NAMES), BODIES), min_size=1, max_size=4, unique_by=lambda item: item[0]
    ),
    st.sampled_from(FUNCTION_NAMES),
    BODIES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "class C:\n"]),
)
@settings(max_examples=300, deadline=None)
def test_all_but_the_definition_stays_byte_for_byte(
    functions: list[tuple[str, str]], name: str, body: str, newline: str, head: str
) -> None:
    def written(name: str, body: str) -> str:
        text = f"def {name}(a):\n    {body}"
        moved = text.replace("\n", "\n    ").replace("\n     def", "\n def").replace("\n    '''", "\n'''")
        return f"    {moved}" if head else text

    texts = [written(*function) for function in functions]
    text = head + "\n\n".join(texts) + "\n\nx = 3 # é\n"
    text = text.replace("\n", newline)
    code = f"{head}{written(name, body)}"

    result = apply_code(text, code, "a.py").text

    added = written(name, body).replace("\n", newline)
    old = next((written(*function).replace("\n", newline) for function in functions if function[0] == name), None)
    if old is not None:
        assert result == text.replace(old, added, 1)
    else:
        before, found, behind = result.partition(added)
        assert found
        assert (before + behind).split() == text.split()
        assert len(before + behind) - len(text) <= 3 * len(newline)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(sorted(LANGUAGES)), st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_placed_or_refused(text: str, code: str, name: str, cursor: int) -> None:
    language = languages()[name]
    with suppress(ApplyError):
        assert apply_code(text, code, "a", cursor=min(cursor, len(text)), language=language).how
