from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from fimble_indexer.build import update
from fimble_indexer.languages import language_for_path
from fimble_indexer.store import Store
from fimble_prompts.context import find_snippets
from fimble_prompts.fim import Snippet

FILES = {
    "shop/cart.py": """\
class Cart:
    \"\"\"What a customer wants to buy.\"\"\"

def checkout(cart, coupon): ...

def empty(cart): ...
""",
    "shop/mail.py": """\
def send_confirmation_mail(order, recipient):
    template = load_template("confirmation")
    smtp_connection.deliver(template.render(order), recipient)
""",
    "shop/many.py": "".join(f"def operation_{number:02}(first, second, third): ...\n" for number in range(20)),
    "shop/windows.py": "def wait_for_window(window_handle):\r\n    window_handle.wait_visible()\r\n",
    "shop/settings.py": 'smtp_password_template = "x"\nsmtp_password = "hunter2correct"\nsmtp_connection_retries = 5\n',
    "web/format.ts": "/** Writes a price. */\nexport function formatPrice(price: number): string { return '' }\n",
    "Shop/Order.php": "<?php\nnamespace Shop;\nclass Order { function total() {} }\n",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("workspace")
    for path, text in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    with Store.open(tmp_path_factory.mktemp("index") / "index.sqlite") as opened:
        update(root, opened)
        yield opened


def snippets(store: Store, text: str, *, path: str = "shop/main.py", limit: int = 2000) -> tuple[Snippet, ...]:
    """Look up for the cursor at `|`."""
    before, _, after = text.partition("|")
    return find_snippets(
        store, path=path, language=language_for_path(Path(path)), text=before + after, offset=len(before), limit=limit
    )


def imported(found: tuple[Snippet, ...]) -> dict[str, str]:
    return {snippet.path: snippet.text for snippet in found if snippet.source == "imports"}


def test_definitions_that_are_imported_and_used_near_the_cursor_come_first(store: Store) -> None:
    found = snippets(store, "from shop.cart import Cart, checkout, empty\n\ncart = Cart()\ncheckout(cart, |")
    assert found[0] == Snippet(
        "shop/cart.py",
        0,
        4,
        "class Cart  # What a customer wants to buy.\ndef checkout(cart, coupon)",
        "imports",
    )


def test_an_import_that_is_used_far_from_the_cursor_is_left_out(store: Store) -> None:
    far = "from shop.cart import checkout\ncheckout(1, 2)\n" + "x = 1\n" * 40
    assert imported(snippets(store, far + "|")) == {}
    assert imported(snippets(store, far + "checkout(|")) == {"shop/cart.py": "def checkout(cart, coupon)"}


def test_a_name_imported_under_another_counts_as_used_by_that(store: Store) -> None:
    found = snippets(store, "from shop.cart import checkout as pay\n\npay(|")
    assert imported(found) == {"shop/cart.py": "def checkout(cart, coupon)"}


def test_documentation_is_a_comment_of_the_file_s_own_language(store: Store) -> None:
    found = snippets(store, 'import { formatPrice } from "./format";\nformatPrice(|', path="web/app.ts")
    assert imported(found)["web/format.ts"].endswith("  // Writes a price.")


def test_imports_far_above_the_cursor_are_known(store: Store) -> None:
    text = "<?php\nuse Shop\\Order;\n" + "$x = 1;\n" * 3000 + "$order = new Order(|);\n"
    assert list(imported(snippets(store, text, path="main.php"))) == ["Shop/Order.php"]


def test_of_many_definitions_as_many_come_as_there_is_room_for(store: Store) -> None:
    names = [f"operation_{number:02}" for number in range(20)]
    text = f"from shop.many import {', '.join(names)}\n" + "".join(f"{name}()\n" for name in names) + "|"
    short, long = snippets(store, text, limit=500), snippets(store, text, limit=5000)
    assert 3 <= imported(short)["shop/many.py"].count("def ") < 20
    assert imported(long)["shop/many.py"].count("def ") == 20


def test_each_file_has_one_snippet_in_the_order_of_its_lines_however_often_its_names_are_used(store: Store) -> None:
    text = (
        "from shop.cart import checkout, empty\nfrom shop.many import operation_00\n"
        "empty()\nempty()\nempty()\noperation_00()\noperation_00()\ncheckout()\n|"
    )
    found = [(snippet.path, snippet.text) for snippet in snippets(store, text) if snippet.source == "imports"]
    assert found == [
        ("shop/cart.py", "def checkout(cart, coupon)\ndef empty(cart)"),
        ("shop/many.py", "def operation_00(first, second, third)"),
    ]


@pytest.mark.parametrize("limit", [0, 40, 100, 200, 400, 2000])
def test_all_snippets_together_keep_to_the_limit(store: Store, limit: int) -> None:
    text = "from shop.cart import Cart, checkout\nCart, checkout, smtp_connection.deliver(template, recipient)|"
    assert sum(len(snippet.path) + len(snippet.text) for snippet in snippets(store, text, limit=limit)) <= limit


def test_code_that_resembles_what_is_near_the_cursor_is_found(store: Store) -> None:
    found = snippets(store, "def send(recipient):\n    smtp_connection.deliver(|")
    assert ("shop/mail.py", "similar") in {(snippet.path, snippet.source) for snippet in found}


def test_no_snippet_comes_from_the_file_itself(store: Store) -> None:
    found = snippets(store, FILES["shop/mail.py"] + "|", path="shop/mail.py")
    assert "shop/mail.py" not in {snippet.path for snippet in found}


def test_no_snippet_holds_a_secret(store: Store) -> None:
    found = snippets(store, "smtp_connection_retries smtp_password smtp_password_template|")
    text = "".join(snippet.text for snippet in found if snippet.path == "shop/settings.py")
    assert "smtp_password" in text
    assert "hunter2correct" not in text


def test_snippets_have_plain_line_ends(store: Store) -> None:
    found = snippets(store, "wait_for_window(window_handle)\nwindow_handle.wait_visible(|")
    assert [snippet.text.count("\r") for snippet in found if snippet.path == "shop/windows.py"] == [0]


def test_a_file_of_no_known_language_still_gets_what_resembles_it(store: Store) -> None:
    found = snippets(store, "smtp_connection deliver recipient|", path="notes.txt")
    assert {snippet.source for snippet in found} == {"similar"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from shop.cart import checkout\n" + "value = compute(1)\n" * 50_000 + "checkout(|", id="lines"),
        pytest.param("x = [" + "1, " * 300_000 + "|", id="one line"),
    ],
)
def test_a_look_up_in_a_large_file_is_fast(store: Store, text: str) -> None:
    started = perf_counter()
    snippets(store, text)
    assert perf_counter() - started < 0.2
