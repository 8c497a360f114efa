from collections.abc import Iterator
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.languages import language_for_path
from fimble_prompts.candidates import Activity
from fimble_prompts.context import SOURCES, find_snippets
from fimble_prompts.fim import Snippet
from fimble_prompts.place import Place
from fimble_prompts.sources import Source

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
    "shop/order.py": """\
class Order:
    \"\"\"What was bought.\"\"\"

    def total(self, currency): ...

    def cancel(self): ...

    def _number(self): ...
""",
    "shop/sender.py": "class MailSender:\n    def notify(self, recipient): ...\n",
    "shop/warehouse.py": "def restock_warehouse(item, amount): ...\n",
    "shop/evening.py": """\
def close(day):
    for item in day:
        restock_warehouse(item, amount=3)
    day.end()
""",
    **{f"shop/common_{number}.py": "def common(self): ...\n" for number in range(5)},
    "shop/long.py": "def run(gauge, offset_table):\n"
    + "    step()\n" * 45
    + "    gauge.calibrate_sensor(offset_table)\n"
    + "    step()\n" * 8,
    "native/queue.h": "int queue_push(int value);\n",
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


def snippets(
    store: Store,
    text: str,
    *sources: Source,
    path: str = "shop/main.py",
    limit: int = 2000,
    activity: Activity | None = None,
) -> tuple[Snippet, ...]:
    """Look up for the cursor at `|`."""
    before, _, after = text.partition("|")
    place = Place(path, language_for_path(path), before + after, len(before))
    return find_snippets(store, place, limit=limit, sources=sources or ("imports", "similar"), activity=activity)


def imported(store: Store, text: str, path: str = "shop/main.py", limit: int = 2000) -> dict[str, str]:
    return {snippet.path: snippet.text for snippet in snippets(store, text, "imports", path=path, limit=limit)}


def test_definitions_that_are_imported_and_used_near_the_cursor_share_a_snippet(store: Store) -> None:
    found = snippets(store, "from shop.cart import Cart, checkout\n\ncart = Cart()\ncheckout(cart, |", "imports")
    assert found[0] == Snippet(
        "shop/cart.py",
        0,
        4,
        "class Cart  # What a customer wants to buy.\ndef checkout(cart, coupon)",
        "imports",
    )


def test_an_import_that_is_used_far_from_the_cursor_is_left_out(store: Store) -> None:
    far = "from shop.cart import checkout\ncheckout(1, 2)\n" + "x = 1\n" * 40
    assert imported(store, far + "|") == {}
    assert imported(store, far + "checkout(|") == {"shop/cart.py": "def checkout(cart, coupon)"}


def test_what_is_imported_and_not_used_yet_comes_first(store: Store) -> None:
    text = "from shop.cart import checkout, empty\ncheckout(1, 2)\n" + "x = 1\n" * 40 + "|"
    assert imported(store, text) == {"shop/cart.py": "def empty(cart)"}


def test_imports_and_block_headers_above_the_window_are_shown(store: Store) -> None:
    head = "import os\nfrom shop.cart import (\n    checkout,\n    empty,\n)\n\n\nclass Night(Shift):\n"
    text = f"{head}    x = 1\n" + "    y = 1\n" * 100 + "    def close(self):\n        "
    place = Place("shop/main.py", language_for_path("a.py"), text, len(text), len(text) - 100)
    (found,) = find_snippets(store, place, limit=500, sources=["head"])
    assert found.path == "shop/main.py"
    assert found.text == "import os\nfrom shop.cart import ( checkout, empty, )\nclass Night(Shift):"
    whole = Place("shop/main.py", language_for_path("a.py"), text, len(text), 0)
    assert find_snippets(store, whole, limit=500, sources=["head"]) == ()


def test_a_name_imported_under_another_counts_as_used_by_that(store: Store) -> None:
    found = imported(store, "from shop.cart import checkout as pay\n\npay(|")
    assert found == {"shop/cart.py": "def checkout(cart, coupon)"}


def test_documentation_is_a_comment_of_the_file_s_own_language(store: Store) -> None:
    found = imported(store, 'import { formatPrice } from "./format";\nformatPrice(|', path="web/app.ts")
    assert found["web/format.ts"].endswith("  // Writes a price.")


def test_imports_far_above_the_cursor_are_known(store: Store) -> None:
    text = "<?php\nuse Shop\\Order;\n" + "$x = 1;\n" * 3000 + "$order = new Order(|);\n"
    assert list(imported(store, text, path="main.php")) == ["Shop/Order.php"]


def test_of_many_definitions_as_many_come_as_there_is_room_for(store: Store) -> None:
    names = [f"operation_{number:02}" for number in range(20)]
    text = f"from shop.many import {', '.join(names)}\n" + "".join(f"{name}()\n" for name in names) + "|"
    short, long = imported(store, text, limit=500), imported(store, text, limit=5000)
    assert 3 <= short["shop/many.py"].count("def ") < 20
    assert long["shop/many.py"].count("def ") == 20


def test_each_file_has_one_snippet_in_the_order_of_its_lines_however_often_its_names_are_used(store: Store) -> None:
    text = (
        "from shop.cart import checkout, empty\nfrom shop.many import operation_00\n"
        "empty()\nempty()\nempty()\noperation_00()\noperation_00()\ncheckout()\n|"
    )
    assert list(imported(store, text).items()) == [
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


def test_of_a_long_chunk_the_part_that_resembles_is_shown(store: Store) -> None:
    (found,) = [
        s for s in snippets(store, "gauge.calibrate_sensor(offset_table|", "similar") if s.path == "shop/long.py"
    ]
    assert found.end_line - found.start_line == 20
    assert "gauge.calibrate_sensor(offset_table)" in found.text


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
    started = process_time()
    snippets(store, text)
    assert process_time() - started < 1.0  # far less on a quiet machine


def test_a_type_comes_with_its_public_members(store: Store) -> None:
    found = snippets(store, "from shop.order import Order\n\norder = Order(|", "types")
    assert [(snippet.path, snippet.text) for snippet in found] == [
        ("shop/order.py", "class Order  # What was bought.\n    def total(self, currency)\n    def cancel(self)")
    ]


def test_a_variable_is_taken_to_be_of_the_type_it_is_named_after(store: Store) -> None:
    assert "def notify(self, recipient)" in snippets(store, "mail_sender.|", "types")[0].text


def test_a_method_that_is_called_is_shown_though_its_class_is_not_imported(store: Store) -> None:
    found = snippets(store, "sender.notify(|", "definitions")
    assert [snippet.text for snippet in found] == ["def notify(self, recipient)"]


def test_a_name_with_many_definitions_tells_nothing(store: Store) -> None:
    assert snippets(store, "thing.common(|", "definitions") == ()


def test_what_the_file_defines_itself_is_not_looked_up(store: Store) -> None:
    assert snippets(store, "empty(|", "definitions", path="shop/cart.py") == ()
    assert snippets(store, "empty(|", "definitions") != ()


def test_the_callers_of_the_function_around_the_cursor_are_shown(store: Store) -> None:
    text = "def restock_warehouse(item, amount):\n    if amount:\n        print(item)\n        |"
    found = snippets(store, text, "callers", path="shop/warehouse.py")
    assert [(snippet.path, snippet.start_line, snippet.end_line) for snippet in found] == [("shop/evening.py", 0, 4)]
    assert "restock_warehouse(item, amount=3)" in found[0].text


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(
            "tests/test_cart.py", "cart = checkout(|", {"shop/cart.py": "def checkout(cart, coupon)"}, id="of"
        ),
        pytest.param("web/format.test.ts", "expect(formatPrice(|", {"web/format.ts": ""}, id="typescript"),
        pytest.param(
            "native/queue.c", "int queue_push(|", {"native/queue.h": "int queue_push(int value)"}, id="header"
        ),
        pytest.param("shop/mail.py", "|", {}, id="none"),
    ],
)
def test_the_counterpart_of_a_file(store: Store, path: str, text: str, expected: dict[str, str]) -> None:
    found = {snippet.path: snippet.text for snippet in snippets(store, text, "counterpart", path=path)}
    assert found.keys() == expected.keys()
    assert all(part in found[name] for name, part in expected.items())


EDIT = Snippet("shop/stock.py", 3, 5, "def reserve(item):\n    api_token = 'hunter2correct'\n", "edits")


def test_recent_edits_elsewhere_are_shown_without_secrets(store: Store) -> None:
    own = Snippet("shop/main.py", 0, 1, "x = 1\n", "edits")
    (found,) = snippets(store, "|", "edits", activity=Activity(edits=(own, EDIT)))
    assert (found.path, found.start_line, found.source) == ("shop/stock.py", 3, "edits")
    assert "def reserve(item)" in found.text
    assert "hunter2correct" not in found.text


def test_a_yanked_name_is_looked_up_and_yanked_code_is_shown(store: Store) -> None:
    (named,) = snippets(store, "|", "yanked", activity=Activity(yanked="checkout"))
    assert named.text == "def checkout(cart, coupon)"
    (code,) = snippets(store, "|", "yanked", activity=Activity(yanked="retry(3)\nwait()", yanked_path="a.py"))
    assert (code.path, code.text) == ("a.py", "retry(3)\nwait()")


def test_the_names_that_diagnostics_quote_are_looked_up(store: Store) -> None:
    activity = Activity(diagnostics=("missing argument 'coupon' for \"checkout\"",))
    assert [found.text for found in snippets(store, "|", "diagnostics", activity=activity)] == [
        "def checkout(cart, coupon)"
    ]


def test_two_sources_do_not_say_the_same(store: Store) -> None:
    found = snippets(store, "from shop.order import Order\n\norder = Order(|", "imports", "types", "definitions")
    assert "\n".join(snippet.text for snippet in found).count("class Order") == 1


def test_code_that_stands_at_the_cursor_already_is_not_shown_again(store: Store) -> None:
    found = snippets(store, FILES["shop/mail.py"] + "|", "similar", path="copy/mail.py")
    assert "shop/mail.py" not in {snippet.path for snippet in found}


def test_a_source_that_is_switched_off_adds_nothing(store: Store) -> None:
    text = "from shop.many import operation_00\nsmtp_connection.deliver(operation_00(|"
    assert {snippet.source for snippet in snippets(store, text, "imports", "similar")} == {"imports", "similar"}
    assert {snippet.source for snippet in snippets(store, text, "imports")} == {"imports"}


@given(text=st.text(max_size=200), cut=st.integers(0, 200), limit=st.integers(0, 1000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_snippets_within_the_limit(store: Store, text: str, cut: int, limit: int) -> None:
    text = f"from shop.order import Order\norder.total(){text[:cut]}|{text[cut:]}"
    activity = Activity(edits=(EDIT,), views=(EDIT,), yanked=text, diagnostics=(text,))
    found = snippets(store, text, *SOURCES, limit=limit, activity=activity)
    assert sum(len(snippet.path) + len(snippet.text) for snippet in found) <= limit
    assert "shop/main.py" not in {snippet.path for snippet in found if snippet.source != "head"}
