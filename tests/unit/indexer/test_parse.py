import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fimble_indexer.imports import Import
from fimble_indexer.languages import language_named, languages
from fimble_indexer.parse import Definition, FileSymbols, error_count, outline, parse


def symbols_of(language: str, source: str | bytes) -> FileSymbols:
    found = language_named(language)
    assert found is not None
    return parse(source.encode() if isinstance(source, str) else source, found)


def definition(symbols: FileSymbols, qualified_name: str) -> Definition:
    (found,) = [d for d in symbols.definitions if d.qualified_name == qualified_name]
    return found


# For each language: code, "kind qualified_name" of its definitions, some names it refers to, and its imports as
# (module, name, alias).
LANGUAGES: dict[str, tuple[str, list[str], list[str], list[tuple[str, str | None, str | None]]]] = {
    "python": (
        """\
import os, a.b as c
from . import x
from ..y import (Z as Q, W)
from m import *
LIMIT: int = 3
@cached
class A(Base, metaclass=Meta):
    field = 1
    @property
    async def f(self, a: List[int]) -> "C":
        def inner(): pass
        return os.path.join(a) + helper(LIMIT)
""",
        ["variable LIMIT", "class A", "field A.field", "method A.f", "function A.f.inner"],
        ["Base", "Meta", "List", "os", "join", "helper", "LIMIT", "cached"],
        [
            ("os", None, None),
            ("a.b", None, "c"),
            (".", "x", None),
            ("..y", "Z", "Q"),
            ("..y", "W", None),
            ("m", "*", None),
        ],
    ),
    "javascript": (
        """\
import React, { useState as us, useEffect } from "react";
import * as path from './path';
const fs = require('fs'), { a, b: c } = require("./ab");
class A extends B { m() { this.go(); } get x() { return 1 } }
module.exports.q = function () { return <Widget x={1}/> };
export const f = async (a) => { return g(a) };
const limit = 3;
function* gen() { new Thing() }
export default function main() {}
""",
        [
            "class A",
            "method A.m",
            "method A.x",
            "function q",
            "function f",
            "variable limit",
            "function gen",
            "function main",
        ],
        ["B", "go", "Widget", "g", "Thing"],
        [
            ("react", "default", "React"),
            ("react", "useState", "us"),
            ("react", "useEffect", None),
            ("./path", None, "path"),
            ("fs", None, "fs"),
            ("./ab", "a", None),
            ("./ab", "b", "c"),
        ],
    ),
    "typescript": (
        """\
import type { T } from "../t";
export { x } from "./x";
export class Foo<T> extends Bar implements Baz { private x: number = 1; run(a: string): void { helper(a) } }
abstract class Abs { abstract m(): void }
export interface I extends J { a: string; b(): number }
type U = string | T;
export enum Color { Red }
namespace N { export function inner() {} }
""",
        [
            "class Foo",
            "field Foo.x",
            "method Foo.run",
            "class Abs",
            "method Abs.m",
            "interface I",
            "field I.a",
            "method I.b",
            "type U",
            "enum Color",
            "module N",
            "function N.inner",
        ],
        ["Bar", "Baz", "helper", "J", "T"],
        [("../t", "T", None), ("./x", "x", None)],
    ),
    "tsx": (
        """\
import { Button } from "./button";
export const App = (props: Props): JSX.Element => { return <Button onClick={go}/> };
""",
        ["function App"],
        ["Button", "Props"],
        [("./button", "Button", None)],
    ),
    "java": (
        """\
import java.util.List;
import static java.lang.Math.*;
@Service
public class A<T> extends B implements C {
  private int x = 1;
  @Override public List<String> get(int a) throws E { foo(a); return new D(); }
  A() {}
  enum K { ONE }
  interface In { void f(); }
}
record P(int a) {}
""",
        [
            "class A",
            "field A.x",
            "method A.get",
            "method A.A",
            "enum A.K",
            "constant A.K.ONE",
            "interface A.In",
            "method A.In.f",
            "class P",
        ],
        ["B", "C", "List", "foo", "D", "Service"],
        [("java.util", "List", None), ("java.lang.Math", "*", None)],
    ),
    "go": (
        """\
package main
import (
	"fmt"
	h "net/http"
)
type Server struct { Addr string }
type Runner interface { Run() error }
type ID = int
const Max = 3
var (
	a = 1
)
func (s *Server[T]) Start(x int) error { return h.Get(x) }
func main() { fmt.Println(Max) }
""",
        [
            "struct Server",
            "field Server.Addr",
            "interface Runner",
            "method Runner.Run",
            "type ID",
            "constant Max",
            "variable a",
            "method Server.Start",
            "function main",
        ],
        ["fmt", "Println", "h", "Get", "Server"],
        [("fmt", None, None), ("net/http", None, "h")],
    ),
    "rust": (
        """\
use std::{collections::{HashMap as Map, self}, io};
use crate::a::B;
mod sub;
pub struct Server<T> { name: String }
impl<T: Clone> Server<T> { pub fn new(name: &str) -> Self { helper(name) } }
trait Run { fn run(&self); }
enum E { A }
const X: i32 = 3;
macro_rules! m { () => {} }
mod inner { pub fn f() { vec![1]; } }
""",
        [
            "struct Server",
            "field Server.name",
            "method Server.new",
            "trait Run",
            "method Run.run",
            "enum E",
            "constant E.A",
            "constant X",
            "macro m",
            "module inner",
            "function inner.f",
        ],
        ["Clone", "helper", "vec", "String"],
        [
            ("std::collections", "HashMap", "Map"),
            ("std", "collections", None),
            ("std", "io", None),
            ("crate::a", "B", None),
            ("sub", None, None),
        ],
    ),
    "c": (
        """\
#include <stdio.h>
#include "my/x.h"
#define SQ(x) ((x)*(x))
struct point { int x; char *y; };
typedef struct { int a; } pt;
typedef int (*cb)(int);
enum e { A };
static int g = 1;
int add(int a, int b);
char *name(struct point *p) { return p->f(); }
""",
        [
            "macro SQ",
            "struct point",
            "field point.x",
            "field point.y",
            "struct pt",
            "field pt.a",
            "type cb",
            "enum e",
            "constant e.A",
            "variable g",
            "function add",
            "function name",
        ],
        ["point", "f"],
        [("stdio.h", None, None), ("my/x.h", None, None)],
    ),
    "cpp": (
        """\
#include <vector>
namespace ns {
template <typename T> class Shape : public Base<T> {
  ~Shape();
  virtual double area() const = 0;
  T& ref() { return helper(); }
};
template <class T> double Shape<T>::area() const { return std::max(1, 2); }
bool operator==(const A& a, const A& b) { return true; }
using V = std::vector<int>;
}
int Foo::bar(int x) { return x; }
""",
        [
            "module ns",
            "class ns.Shape",
            "method ns.Shape.~Shape",
            "method ns.Shape.area",
            "method ns.Shape.ref",
            "function ns.Shape.area",
            "function ns.operator==",
            "type ns.V",
            "function Foo.bar",
        ],
        ["Base", "helper", "max", "A"],
        [("vector", None, None)],
    ),
    "csharp": (
        """\
using System;
using J = System.Text.Json;
namespace App.Core {
  public class User : Base, IUser {
    private int x = 1;
    public string Name { get; set; }
    public User(int a) {}
    [Fact] public List<int> Get(int a) { Foo(a); return new Baz(); }
  }
  interface IUser { void F(); }
  enum K { A }
  record R(int A);
}
""",
        [
            "module App.Core",
            "class App.Core.User",
            "field App.Core.User.x",
            "property App.Core.User.Name",
            "method App.Core.User.User",
            "method App.Core.User.Get",
            "interface App.Core.IUser",
            "method App.Core.IUser.F",
            "enum App.Core.K",
            "constant App.Core.K.A",
            "class App.Core.R",
        ],
        ["Base", "Foo", "Baz", "Fact", "List"],
        [("System", None, None), ("System.Text.Json", None, "J")],
    ),
    "ruby": (
        """\
require 'json'
require_relative "../lib/x"
module Foo
  LIMIT = 3
  class Bar < Base
    def initialize(a) ; @a = a; end
    def self.make(x)
      Helper.new(x).run
    end
  end
end
""",
        [
            "module Foo",
            "constant Foo.LIMIT",
            "class Foo.Bar",
            "method Foo.Bar.initialize",
            "method Foo.Bar.make",
        ],
        ["Base", "Helper", "run"],
        [("json", None, None), ("../lib/x", None, None)],
    ),
    "php": (
        """\
<?php
namespace App;
use Foo\\Bar;
use Foo\\{A, B as C};
require_once 'x.php';
class User extends Model implements I {
  private $x = 1;
  const K = 3;
  public function name(string $a): string { return foo($a) . Q::make(); }
}
trait T {}
enum E { case A; }
function helper($x) { return new User(); }
""",
        [
            "class User",
            "field User.x",
            "constant User.K",
            "method User.name",
            "trait T",
            "enum E",
            "constant E.A",
            "function helper",
        ],
        ["Model", "I", "foo", "make", "User"],
        [("Foo", "Bar", None), ("Foo", "A", None), ("Foo", "B", "C"), ("x.php", None, None)],
    ),
    "bash": (
        """\
source ./lib.sh
NAME=1
export OTHER=2
greet() { local x=1; }
function bye { greet "$NAME"; }
""",
        ["variable NAME", "variable OTHER", "function greet", "function bye"],
        ["greet", "NAME"],
        [("./lib.sh", None, None)],
    ),
    "lua": (
        """\
local m = require("a.b")
local M = {}
function M.add(a, b) return m.go(a) end
function M:run() self:stop() end
local function helper(x) return x end
M.other = function(a) end
""",
        ["variable M", "function M.add", "function M.run", "function helper", "function M.other"],
        ["go", "stop", "m"],
        [("a.b", None, "m")],
    ),
}


def test_every_language_is_covered() -> None:
    assert set(LANGUAGES) == set(languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_symbols_of_a_language(language: str) -> None:
    source, definitions, references, imports = LANGUAGES[language]

    symbols = symbols_of(language, source)

    assert [f"{d.kind} {d.qualified_name}" for d in symbols.definitions] == definitions
    assert set(references) <= {r.name for r in symbols.references}
    assert {(i.module, i.name, i.alias) for i in symbols.imports} == set(imports)
    lines = source.splitlines()
    for found in symbols.definitions:
        assert found.name in "\n".join(lines[found.start_line : found.end_line])
    for reference in symbols.references:
        assert reference.name in lines[reference.line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_correct_code_has_no_errors_and_broken_code_has_some(language: str) -> None:
    source = LANGUAGES[language][0]
    found = language_named(language)
    assert found is not None

    assert error_count(source.encode(), found) == 0
    assert error_count(f"{source}\n)]}} (((".encode(), found) > 0


def test_missing_token_counts_as_an_error() -> None:
    found = language_named("javascript")
    assert found is not None

    assert error_count(b"function f() { g(1; }", found) > 0
    assert error_count(b"", found) == 0


def test_lines_are_zero_based_and_the_end_is_exclusive() -> None:
    symbols = symbols_of("python", "\n\n@decorated\ndef f(\n    a,\n):\n    return a\n\nx = 1\n")

    function = definition(symbols, "f")
    assert (function.start_line, function.end_line) == (2, 7)
    assert function.signature == "@decorated def f( a, )"


def test_signature_is_the_header_without_the_body() -> None:
    symbols = symbols_of("rust", "impl A {\n    pub fn f<T: Into<String>>(\n        x: T,\n    ) -> u8 {\n  1\n}\n}")

    assert definition(symbols, "A.f").signature == "pub fn f<T: Into<String>>( x: T, ) -> u8"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", 'def f():\n    """Adds numbers.\n\n    More.\n    """'),
        ("python", "# Adds numbers.\n@decorated\ndef f(): pass"),
        ("javascript", "/**\n * Adds numbers.\n * @returns {number}\n */\nexport function f() {}"),
        ("go", "// Adds numbers.\n// More.\nfunc f() {}"),
        ("rust", "/// Adds numbers.\n#[inline]\nfn f() {}"),
        ("c", "/* Adds numbers. */\nint f() { return 1; }"),
        ("lua", "--- Adds numbers.\nfunction f() end"),
        ("ruby", "# Adds numbers.\ndef f; end"),
    ],
)
def test_doc_is_the_first_line_of_the_documentation(language: str, source: str) -> None:
    assert definition(symbols_of(language, source), "f").doc == "Adds numbers."


def test_names_that_one_declaration_defines_are_equals() -> None:
    symbols = symbols_of("java", "class A { int x, y; }")

    assert [d.qualified_name for d in symbols.definitions] == ["A", "A.x", "A.y"]


def test_outline_lists_public_members() -> None:
    symbols = symbols_of("python", "class A(B):\n    def f(self): pass\n    def _g(self): pass\n    x: int = 1\n")

    assert outline(definition(symbols, "A"), symbols) == "class A(B)\n    def f(self)\n    x: int = 1"


def test_broken_code_keeps_what_can_be_understood() -> None:
    symbols = symbols_of("python", "import os\ndef whole(a): pass\n\nclass A:\n    def broken(self, (\n")

    assert "whole" in {d.name for d in symbols.definitions}
    assert symbols.imports == (Import("os", None, None, 0),)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", [b"(", b"{", b"a.", b"f(){", b"class A{", b"\xff", b"\0", b"if x:\n "])
def test_deep_nesting_is_survived(language: str, unit: bytes) -> None:
    symbols_of(language, unit * 3000)


def test_huge_line_is_survived() -> None:
    assert symbols_of("javascript", "x = [" + "1," * 300_000 + "]; function f() {}").definitions


@pytest.mark.parametrize(
    ("language", "unit"), [("lua", b"\xff"), ("bash", b"\0"), ("python", b"("), ("go", b"{"), ("ruby", b"a.")]
)
def test_what_takes_too_long_is_given_up(language: str, unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fimble_indexer.parse._MAX_SECONDS", 0.2)
    started = time.monotonic()

    symbols_of(language, unit * 400_000)

    assert time.monotonic() - started < 5


def test_long_and_deep_names_stay_small() -> None:
    symbols = symbols_of("python", "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(300)))

    assert max(len(d.qualified_name) for d in symbols.definitions) < 1000


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_parse_never_raises(language: str, data: st.DataObject) -> None:
    source = LANGUAGES[language][0].encode()
    # Whole code with a piece of it overwritten by anything is harder to survive than noise alone.
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    damaged = source[:start] + data.draw(st.binary(max_size=40)) + source[end:]
    found = language_named(language)
    assert found is not None

    symbols = parse(damaged, found)

    assert error_count(damaged, found) >= 0
    total = damaged.count(b"\n") + 1
    for d in symbols.definitions:
        assert 0 <= d.start_line < d.end_line <= total
