"""A piece of code in every language, and what is to be understood of it."""

# Code, "kind qualified_name" of its definitions, some names it refers to, and its imports as
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
            "constant Color.Red",
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
            "module App",
            "class App.User",
            "field App.User.x",
            "constant App.User.K",
            "method App.User.name",
            "trait App.T",
            "enum App.E",
            "constant App.E.A",
            "function App.helper",
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
    "kotlin": (
        """\
package com.shop.app
import a.b.C
import a.b.d as e
import x.y.*
@Ann
data class User(val id: Int, private var name: String, plain: Int) : Base(id), Named {
    companion object {
        const val MAX = 3
    }
    val full: String get() = name
    private fun save(x: Foo): Bar { return helper(x).run() }
    enum class K { A, B }
}
sealed interface Shape {
    fun area(): Double
}
object Single
typealias Id = Map<String, Int>
fun <T> List<T>.extended(a: T): Int = a.size
var (p, q) = pair
""",
        [
            "module com.shop.app",
            "class com.shop.app.User",
            "property com.shop.app.User.id",
            "property com.shop.app.User.name",
            "property com.shop.app.User.MAX",
            "property com.shop.app.User.full",
            "method com.shop.app.User.save",
            "enum com.shop.app.User.K",
            "constant com.shop.app.User.K.A",
            "constant com.shop.app.User.K.B",
            "interface com.shop.app.Shape",
            "method com.shop.app.Shape.area",
            "class com.shop.app.Single",
            "type com.shop.app.Id",
            "function com.shop.app.extended",
            "variable com.shop.app.p",
            "variable com.shop.app.q",
        ],
        ["Ann", "Base", "Named", "Foo", "Bar", "helper", "run", "Map"],
        [("a.b", "C", None), ("a.b", "d", "e"), ("x.y", "*", None)],
    ),
    "swift": (
        """\
import Foundation
import struct UIKit.View
public class User<T>: Base where T: Eq {
    private let id: Int = 1
    var name: String { get { return shown(id) } }
    init(id: Int) { self.id = id }
    public func save(_ x: Foo) throws -> Bar { helper(x).run(); return Baz() }
    enum K: Int { case a, b; case c(Int) }
}
struct P { let x: Int }
protocol Shape: AnyObject { func area() -> Double; var n: Int { get }; associatedtype E; init(x: Int) }
extension User { func more() {} }
actor Bank {}
typealias Id = Int
let g = 1
func == (a: P, b: P) -> Bool { true }
""",
        [
            "class User",
            "property User.id",
            "property User.name",
            "method User.init",
            "method User.save",
            "enum User.K",
            "constant User.K.a",
            "constant User.K.b",
            "constant User.K.c",
            "struct P",
            "property P.x",
            "interface Shape",
            "method Shape.area",
            "property Shape.n",
            "type Shape.E",
            "method Shape.init",
            "method User.more",
            "class Bank",
            "type Id",
            "variable g",
            "function ==",
        ],
        ["Base", "Eq", "Foo", "Bar", "helper", "run", "Baz", "shown", "AnyObject"],
        [("Foundation", None, None), ("UIKit.View", None, None)],
    ),
    "scala": (
        """\
package com.shop
package app
import a.b.C
import a.b.{D, E => F, _}
import z.*
import q.{r as s}
class User[T](val id: Int, private var name: String, plain: Int) extends Base(id) with Named {
  val full: String = name
  var x, y = 1
  private def save(x: Foo): Bar = { helper(x).run(); new Baz() }
  def abs: Int
  type Alias = Int
}
object User { val MAX = 3 }
package object util { def u = 1 }
trait Shape { def area(): Double; val v: Int }
case object Q
enum Color { case Red extends Color(1); case Green, Blue }
def top(a: Int): Int = a
val one = 1
""",
        [
            "module com.shop",
            "module com.shop.app",
            "class com.shop.app.User",
            "field com.shop.app.User.id",
            "field com.shop.app.User.name",
            "field com.shop.app.User.full",
            "field com.shop.app.User.x",
            "field com.shop.app.User.y",
            "method com.shop.app.User.save",
            "method com.shop.app.User.abs",
            "type com.shop.app.User.Alias",
            "class com.shop.app.User",
            "field com.shop.app.User.MAX",
            "module com.shop.app.util",
            "function com.shop.app.util.u",
            "trait com.shop.app.Shape",
            "method com.shop.app.Shape.area",
            "field com.shop.app.Shape.v",
            "class com.shop.app.Q",
            "enum com.shop.app.Color",
            "constant com.shop.app.Color.Red",
            "constant com.shop.app.Color.Green",
            "constant com.shop.app.Color.Blue",
            "function com.shop.app.top",
            "variable com.shop.app.one",
        ],
        ["Base", "Named", "Foo", "Bar", "helper", "run", "Baz"],
        [
            ("a.b", "C", None),
            ("a.b", "D", None),
            ("a.b", "E", "F"),
            ("a.b", "*", None),
            ("z", "*", None),
            ("q", "r", "s"),
        ],
    ),
    "sql": (
        """\
CREATE TABLE IF NOT EXISTS shop.users (
  id INTEGER PRIMARY KEY,
  name VARCHAR(20) NOT NULL REFERENCES names (id),
  FOREIGN KEY (id) REFERENCES orders (id)
);
CREATE TABLE copied AS SELECT 1;
CREATE OR REPLACE VIEW active AS SELECT total(u.name) FROM users u JOIN carts c ON c.id = u.id;
CREATE MATERIALIZED VIEW slow AS SELECT 1;
CREATE FUNCTION total(a INTEGER) RETURNS INTEGER AS $$ SELECT a + 1; $$ LANGUAGE sql;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE SCHEMA sales;
INSERT INTO log (id) VALUES (1);
""",
        [
            "table shop.users",
            "field shop.users.id",
            "field shop.users.name",
            "table copied",
            "view active",
            "view slow",
            "function total",
            "type mood",
            "module sales",
        ],
        ["names", "orders", "users", "carts", "total", "log"],
        [],
    ),
    "html": (
        """\
<!DOCTYPE html>
<html>
<head><link rel="stylesheet" href="a.css"><script src="./app.js"></script></head>
<body>
<div id="main" class="a b"><my-widget name="q"></my-widget><img id=logo src="x.png"/></div>
</body>
</html>
""",
        ["element main", "element main.logo"],
        ["my-widget"],
        [("a.css", None, None), ("./app.js", None, None)],
    ),
    "css": (
        """\
@import url("base.css");
@import "other.css";
:root { --main-color: red; }
.card, .card > .title:hover, a.link { color: var(--main-color); }
#main { }
.card { }
@media (max-width: 10px) { .small { } }
@keyframes fade { from { } to { } }
""",
        [
            "variable --main-color",
            "selector card",
            "selector link",
            "selector main",
            "selector small",
            "animation fade",
        ],
        ["--main-color"],
        [("base.css", None, None), ("other.css", None, None)],
    ),
    "json": (
        '{"name": "x", "scripts": {"build.all": "tsc", "deep": {"a": 1}}, "list": [{"k": 1}]}\n',
        ["key name", "key scripts", "key scripts.build.all", "key scripts.deep", "key list"],
        [],
        [],
    ),
    "yaml": (
        """\
name: CI
"on":
  push:
    branches: [main]
jobs:
  build:
    runs-on: x
---
second: 1
""",
        ["key name", "key on", "key on.push", "key jobs", "key jobs.build", "key second"],
        [],
        [],
    ),
    "toml": (
        """\
top = 1
[project]
name = "x"
"quoted.key" = 2
dotted.key = 3
[tool.ruff.lint]
select = ["ALL"]
[[bin]]
path = "x"
[[bin]]
path = "y"
""",
        [
            "key top",
            "key project",
            "key project.name",
            "key project.quoted.key",
            "key project.dotted.key",
            "key tool.ruff.lint",
            "key tool.ruff.lint.select",
            "key bin",
            "key bin.path",
        ],
        [],
        [],
    ),
    "markdown": (
        """\
# Title: 1.2

Text.

## Section `one`

```python
# no heading
```

Underlined
==========

### Deep
""",
        [
            "heading Title: 1.2",
            "heading Title: 1.2.Section `one`",
            "heading Title: 1.2.Section `one`.Underlined",
            "heading Title: 1.2.Section `one`.Deep",
        ],
        [],
        [],
    ),
}

# Code, and what of it other files can and cannot use.
EXPORTED: dict[str, tuple[str, list[str], list[str]]] = {
    "python": (
        """\
__all__ = ['_listed']
__version__ = '1'
def _listed(): pass
def _own(): pass
class A:
    def f(self):
        x = lambda: 1
        def inner(): pass
    def _g(self): pass
class _B:
    def f(self): pass
""",
        ["__all__", "__version__", "_listed", "A", "A.f"],
        ["_own", "A.f.inner", "A._g", "_B", "_B.f"],
    ),
    "typescript": (
        """\
export class A { f() {} private g() {} #h() {} }
class B { f() {} }
class C {}
const d = 1;
export { C, d as e };
export declare function f(): void;
interface I { x: number }
export default I;
""",
        ["A", "A.f", "C", "d", "f", "I", "I.x"],
        ["A.g", "A.#h", "B", "B.f"],
    ),
    "javascript": (
        """\
function a() {}
function b() {}
function c() {}
exports.d = function () {};
module.exports = { a, x: b };
""",
        ["a", "b", "d"],
        ["c"],
    ),
    "go": (
        """\
package a
type T struct { X int; y int }
func (t *T) Run() {}

func (t *T) stop() {}

func f() { type L int }
""",
        ["T", "T.X", "T.Run"],
        ["T.y", "T.stop", "f", "f.L"],
    ),
    "rust": (
        """\
pub struct S { pub a: u8, b: u8 }
impl S { pub(crate) fn f() {} fn g() {} }
impl T for S { fn h() {} }
pub trait T { fn h(); }
pub enum E { A }
mod inner { pub fn i() {} }
fn j() {}
""",
        ["S", "S.a", "S.f", "S.h", "T", "T.h", "E", "E.A"],
        ["S.b", "S.g", "inner", "inner.i", "j"],
    ),
    "java": (
        """\
class A {
  int a; public int b; private int c;
  protected void d() {} private static class E { public int f; }
}
""",
        ["A", "A.a", "A.b"],
        ["A.c", "A.d", "A.E", "A.E.f"],
    ),
    "csharp": (
        """\
class A { int a; public int B; internal void C() {} protected void D() {} }
interface I { void F(); }
enum E { X }
file class H {}
""",
        ["A", "A.B", "A.C", "I", "I.F", "E", "E.X"],
        ["A.a", "A.D", "H"],
    ),
    "php": (
        """\
<?php class A { public $a; private $b; protected function c() {} function d() {} }
""",
        ["A", "A.a", "A.d"],
        ["A.b", "A.c"],
    ),
    "kotlin": (
        """\
class A(val a: Int, private val b: Int) {
  internal fun c() = 1
  protected fun d() = 1
}

private fun e() = 1
""",
        ["A", "A.a", "A.c"],
        ["A.b", "A.d", "e"],
    ),
    "swift": (
        """\
struct A { let a: Int; private var b: Int; fileprivate func c() {} }
fileprivate func d() {}
""",
        ["A", "A.a"],
        ["A.b", "A.c", "d"],
    ),
    "scala": (
        """\
class A(val a: Int) { private val b = 1; def c = 1; private[pkg] def d = 1 }

private object E { def f = 1 }
""",
        ["A", "A.a", "A.c"],
        ["A.b", "A.d", "E", "E.f"],
    ),
    "c": (
        """\
static int a(void) { return 1; }
int b(void) { return 1; }
static int c = 1;
""",
        ["b"],
        ["a", "c"],
    ),
    "cpp": (
        """\
namespace { int a() { return 1; } class B { void f(); }; }
class C { static int d(); };
namespace n { static int e() { return 1; } int f() { return 1; } }
""",
        ["C", "C.d", "n", "n.f"],
        ["a", "B", "B.f", "n.e"],
    ),
    "lua": (
        """\
local function a() end
function b() end
local M = {}
function M.c() end
""",
        ["b", "M.c"],
        ["a", "M"],
    ),
    "ruby": (
        """\
class A
  def b; end
end
""",
        ["A", "A.b"],
        [],
    ),
}
