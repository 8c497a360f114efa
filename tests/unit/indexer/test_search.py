from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fimble_indexer.building.build import update
from fimble_indexer.retrieval.search import (
    ChunkHit,
    best_line,
    find_symbols,
    imported_definitions,
    search,
    similar_chunks,
)
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.chunks import Chunk
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import parse

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
class Cart:
    def add_item(self, item): ...
    def total(self): ...

def checkout(cart): ...
""",
    "shop/models/order.py": """\
class Order:
    def total(self): ...
    def save(self): ...
MAX_ORDERS = 3
""",
    "shop/legacy.py": "class cart: ...\n",
    "shop/models/__init__.py": "from .order import Order\n",
    "shop/mail.py": """\
def send_confirmation_mail(order, recipient):
    template = load_template("confirmation")
    smtp_connection.deliver(template.render(order), recipient)
""",
    "shop/receipts.py": """\
def send_receipt(order, recipient):
    template = load_template("receipt")
    smtp_connection.deliver(template.render(order), recipient)
""",
    "docs/guide.md": "# Refunds\n\nMoney goes back within five days.\n",
    "web/app.ts": """\
import { formatPrice as fmt, type Price } from "./format";
import * as api from "../web/api";
import Button from "./widgets/Button";
fmt(1);
fmt(2);
api.fetchCart();
Button();
""",
    "web/format.ts": "export function formatPrice(p: Price): string { return '' }\nexport type Price = number;\n",
    "web/api.ts": "export async function fetchCart() {}\nexport function unused() {}\n",
    "web/widgets/Button.tsx": "export default function Button() { return <b/> }\n",
    "web/other/format.ts": "export function formatPrice() {}\n",
    "src/main/java/com/shop/Order.java": "package com.shop;\npublic class Order { int total() { return 1; } }\n",
    "src/main/java/com/shop/web/Page.java": "import com.shop.Order;\nclass Page { Order order; }\n",
    "go/store/store.go": "package store\nfunc Open(path string) {}\nfunc close() {}\n",
    "go/main.go": 'package main\nimport "example.com/shop/go/store"\nfunc main() { store.Open("x") }\n',
    "rs/src/engine.rs": "pub struct Engine {}\n",
    "rs/src/main.rs": "use crate::engine::Engine;\nfn main() { Engine{}; }\n",
    "c/include/list.h": "struct list { int n; };\nint list_length(struct list *l);\n",
    "c/main.c": '#include "list.h"\nint main() { return list_length(0); }\n',
    "web/package.json": '{"name": "web", "formatPrice": {"Price": 1}, "checkout": 2}\n',
    "kt/model/Invoice.kt": "package com.shop.billing\nclass Invoice\n",
    "kt/Use.kt": "import com.shop.billing.Invoice\nval invoice = Invoice()\n",
    "cs/Core.cs": "namespace App.Core { public class Ledger {} }\n",
    "cs/Use.cs": "using App.Core;\nclass Use { void F() { new Ledger(); } }\n",
    "php/Mailer.php": "<?php\nnamespace App\\Mail;\nclass Mailer {}\n",
    "php/use.php": "<?php\nuse App\\php\\Mailer;\nnew Mailer();\n",
    "rb/lib/parser.rb": "class Parser\nend\n",
    "rb/main.rb": 'require_relative "lib/parser"\nParser.new\n',
    "lua/util/text.lua": "local M = {}\nfunction trim(s) end\nreturn M\n",
    "lua/main.lua": 'local text = require("util.text")\ntext.trim("x")\n',
    "sh/lib.sh": "greet() { echo hi; }\n",
    "sh/main.sh": "source ./lib.sh\ngreet\n",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


@pytest.fixture(scope="module")
def store(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("cache") / "index.db"
    with Store.open(path) as writer:
        update(root, writer)
    return Store.open(path, read_only=True)


def found(store: Store, name: str, limit: int = 50) -> list[str]:
    return [f"{hit.path}:{hit.definition.qualified_name}" for hit in find_symbols(store, name, limit)]


def test_exact_name_comes_first_then_case_then_parts(store: Store) -> None:
    assert found(store, "Cart") == ["shop/cart.py:Cart", "shop/legacy.py:cart", "web/api.ts:fetchCart"]
    assert found(store, "cart")[0] == "shop/legacy.py:cart"


def test_prefix_and_sub_words_are_found(store: Store) -> None:
    assert found(store, "send_conf") == ["shop/mail.py:send_confirmation_mail"]
    assert found(store, "mail_confirmation") == ["shop/mail.py:send_confirmation_mail"]
    assert found(store, "fetchcart") == ["web/api.ts:fetchCart"]


def test_code_comes_before_data(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    store = indexed(
        {
            "a.md": "# basket\n",
            "a.json": '{"basket": 1, "basket_size": 2, "size_of_basket": 3}',
            "b.py": "class Basket: ...\n",
        }
    )

    assert found(store, "basket")[0] == "b.py:Basket"
    assert found(store, "bask")[0] == "b.py:Basket"
    assert "a.json:basket" in found(store, "basket")


@pytest.mark.parametrize("name", ["Order.total", "order.Order.total", "models.order.Order.total"])
def test_qualified_name_may_start_anywhere(store: Store, name: str) -> None:
    assert "shop/models/order.py:Order.total" in found(store, name)
    assert "shop/cart.py:Cart.total" not in found(store, name)


@pytest.mark.parametrize("name", ["", ".", "nothing_like_it", '"', "a b", "%", "'; DROP TABLE files"])
def test_odd_names_find_nothing_and_break_nothing(store: Store, name: str) -> None:
    assert found(store, name) == []


def test_limit_holds(store: Store) -> None:
    assert len(found(store, "total", 2)) == 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("how is the confirmation mail sent?", "shop/mail.py"),
        ("sendReceipt", "shop/receipts.py"),
        ("refunds money", "docs/guide.md"),
        ("where is the cart checked out: checkout", "shop/cart.py"),
        ("mails confirmed in python", "shop/mail.py"),
        ("how to send receipts", "shop/receipts.py"),
    ],
)
def test_search_finds_the_chunk(store: Store, query: str, path: str) -> None:
    hits = search(store, query)

    assert hits[0].path == path
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("query", ["", "???", "\"' OR NEAR(", "zzzzqqqq"])
def test_search_for_nothing_finds_nothing(store: Store, query: str) -> None:
    assert search(store, query) == []


def test_a_question_of_stop_words_alone_keeps_them(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    store = indexed({"a.py": "def what(): ...\n", "b.py": "def other(): ...\n"})

    assert [hit.path for hit in search(store, "what is this")] == ["a.py"]


def test_a_chunk_that_holds_every_word_comes_first(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    filler = "\n".join(f"    number{n} = load(number{n}, other)" for n in range(40))
    store = indexed(
        {
            "long.py": f"def run(other):\n{filler}\n    return repaint_window('yellow', 'sunset')\n",
            "short.py": "yellow = sunset = yellow + sunset\n",
            "none.py": "def load(): ...\n",
        }
    )

    assert search(store, "repaint the window yellow at sunset")[0].path == "long.py"


def test_a_chunk_that_holds_most_words_at_one_place_comes_before_a_short_one_with_fewer(
    indexed: Callable[[Mapping[str, str]], Store],
) -> None:
    filler = "\n".join(f"    number{n} = load(number{n}, other)" for n in range(4))
    words = "yellow window sunset frame glass"
    store = indexed(
        {
            "long.py": f"def run(other):\n{filler}\n    # {words}\n    pass\n",
            "short.py": "yellow = window = sunset = frame\n",
        }
        | {f"dawn{number}.py": "number = dawn\n" + "other = load(other)\n" * 12 for number in range(20)}
    )

    assert search(store, f"{words} dawn")[0].path == "long.py"


def test_names_are_found_by_the_configuration_of_the_project(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    files = {
        "packages/ui/package.json": '{"name": "@shop/ui"}',
        "packages/ui/src/index.ts": "export { Button } from './button'\nexport function make() {}\n",
        "packages/ui/src/button.ts": "export class Button {}\n",
        "other/index.ts": "export function make() {}\n",
    }
    source = b"import { Button, make } from '@shop/ui'\nmake()\nmake()\nnew Button()\n"
    language = language_for_path("app.ts")
    assert language is not None

    hits = imported_definitions(indexed(files), "app/main.ts", parse(source, language))

    assert [hit.path for hit in hits] == ["packages/ui/src/index.ts", "packages/ui/src/button.ts"]


def test_tests_come_behind_unless_they_are_asked_for(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    code = "def {}(basket):\n    return discount(basket)\n"
    store = indexed({"a_test.py": code.format("discounts"), "shop.py": code.format("discounts")})

    assert [hit.path for hit in search(store, "discount of a basket")] == ["shop.py", "a_test.py"]
    assert search(store, "test the discount of a basket")[0].path == "a_test.py"


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("send the order", 12),
        ("order", 11),
        ("sending", 12),
        ("what is this", 11),
        ("nothing_like_it", 11),
    ],
)
def test_best_line_holds_most_of_the_query(store: Store, query: str, line: int) -> None:
    chunk = Chunk(10, 14, "\ndef pay(order):\n    send(order)\n    send(order)\n")

    assert best_line(store, query, ChunkHit("new.py", chunk, 1.0)) == line


def test_rare_words_decide_on_the_best_line(indexed: Callable[[dict[str, str]], Store]) -> None:
    store = indexed({f"{number}.py": "value = common\n" for number in range(9)} | {"rare.py": "rare = 1\n"})

    hit = ChunkHit("new.py", Chunk(0, 3, "common\nrare\ncommon\n"), 1.0)

    assert best_line(store, "common rare value", hit) == 1


def test_a_definition_is_a_better_line_than_a_use(indexed: Callable[[Mapping[str, str]], Store]) -> None:
    store = indexed({"a.py": "from cart import Cart\nCart()\ndef show_cart(): ...\n"})
    (hit,) = search(store, "cart")

    assert best_line(store, "cart", hit) == 2


def test_search_within_a_folder(store: Store) -> None:
    assert {hit.path for hit in search(store, "order", within="shop/models")} == {
        "shop/models/__init__.py",
        "shop/models/order.py",
    }
    assert {hit.path for hit in search(store, "order", within="shop/mail.py")} == {"shop/mail.py"}
    assert search(store, "order", within="sho") == []


def test_similar_chunks_are_of_other_files(store: Store) -> None:
    hits = similar_chunks(store, FILES["shop/mail.py"], exclude_path="shop/mail.py")

    assert hits[0].path == "shop/receipts.py"
    assert "shop/mail.py" not in {hit.path for hit in hits}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("web/app.ts", ["web/format.ts:formatPrice", "web/api.ts:fetchCart", "web/widgets/Button.tsx:Button"]),
        ("src/main/java/com/shop/web/Page.java", ["src/main/java/com/shop/Order.java:Order"]),
        ("go/main.go", ["go/store/store.go:Open"]),
        ("rs/src/main.rs", ["rs/src/engine.rs:Engine"]),
        ("c/main.c", ["c/include/list.h:list_length"]),
        ("cs/Use.cs", ["cs/Core.cs:App.Core.Ledger"]),
        ("php/use.php", ["php/Mailer.php:App.Mail.Mailer"]),
        ("kt/Use.kt", ["kt/model/Invoice.kt:com.shop.billing.Invoice"]),
        ("rb/main.rb", ["rb/lib/parser.rb:Parser"]),
        ("lua/main.lua", ["lua/util/text.lua:trim"]),
        ("sh/main.sh", ["sh/lib.sh:greet"]),
    ],
)
def test_imported_definitions_of_a_language(root: Path, store: Store, path: str, expected: list[str]) -> None:
    language = language_for_path(path)
    assert language is not None
    symbols = parse((root / path).read_bytes(), language)

    hits = [f"{hit.path}:{hit.definition.qualified_name}" for hit in imported_definitions(store, path, symbols)]

    assert [hit for hit in hits if not hit.endswith(":Price")] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from shop.cart import Cart\nCart()\n", ["shop/cart.py:Cart"]),
        ("from .cart import Cart as C\nC()\n", ["shop/cart.py:Cart"]),
        ("from shop import cart\ncart.checkout()\n", ["shop/cart.py:checkout"]),
        ("import shop.cart as c\nc.checkout(c.Cart())\n", ["shop/cart.py:Cart", "shop/cart.py:checkout"]),
        ("from shop.models import Order\nOrder()\n", ["shop/models/order.py:Order"]),
        ("from .models.order import *\nOrder()\n", ["shop/models/order.py:Order"]),
        ("import cart\ncart.checkout()\n", ["shop/cart.py:checkout"]),
        ("from elsewhere import Cart\nCart()\n", []),
        ("import os\nos.total()\n", []),
    ],
)
def test_imported_definitions_of_python(store: Store, source: str, expected: list[str]) -> None:
    python = language_for_path("x.py")
    assert python is not None

    hits = imported_definitions(store, "shop/new.py", parse(source.encode(), python))

    assert sorted(f"{hit.path}:{hit.definition.qualified_name}" for hit in hits) == expected


def test_most_used_import_comes_first(store: Store) -> None:
    python = language_for_path("x.py")
    assert python is not None
    source = b"from shop.cart import Cart, checkout\ncheckout(1)\ncheckout(2)\nCart()\n"

    hits = imported_definitions(store, "new.py", parse(source, python), limit=1)

    assert [hit.definition.name for hit in hits] == ["checkout"]
