"""Code blocks and what becomes of files: name, path, file, block, result.

A `|` in the file stands for the cursor. The result is the whole file.
"""

from textwrap import dedent
from typing import NamedTuple


class Case(NamedTuple):
    name: str
    path: str
    before: str
    code: str
    after: str


def case(name: str, path: str, before: str, code: str, after: str) -> Case:
    return Case(name, path, dedent(before).lstrip("\n"), dedent(code).strip("\n"), dedent(after).lstrip("\n"))


SHOP = """
    import os

    LIMIT = 3


    class Cart:
        \"\"\"A cart.\"\"\"

        def add(self, item):
            # Keep the order.
            self.items.append(item)
            return len(self.items)

        @property
        def total(self):
            return sum(item.price for item in self.items)


    def main():
        print(Cart())


    if __name__ == "__main__":
        main()
"""

PYTHON = [
    case(
        "a function by its name",
        "shop.py",
        SHOP,
        """
        def main():
            cart = Cart()
            print(cart.total)
        """,
        SHOP.replace("print(Cart())", "cart = Cart()\n        print(cart.total)"),
    ),
    case(
        "a method without its class",
        "shop.py",
        SHOP,
        """
        def add(self, item):
            self.items.insert(0, item)
        """,
        SHOP.replace(
            "# Keep the order.\n            self.items.append(item)\n            return len(self.items)",
            "self.items.insert(0, item)",
        ),
    ),
    case(
        "a method in its class keeps what the block does not show",
        "shop.py",
        SHOP,
        """
        class Cart:
            def add(self, item):
                self.items.insert(0, item)
        """,
        SHOP.replace(
            "# Keep the order.\n            self.items.append(item)\n            return len(self.items)",
            "self.items.insert(0, item)",
        ),
    ),
    case(
        "a decorator is kept",
        "shop.py",
        SHOP,
        """
        class Cart:
            # ... existing code ...

            def total(self):
                return 0
        """,
        SHOP.replace("return sum(item.price for item in self.items)", "return 0"),
    ),
    case(
        "a decorator is replaced by the block's",
        "shop.py",
        SHOP,
        """
        class Cart:
            @cached_property
            def total(self):
                return 0
        """,
        SHOP.replace("@property", "@cached_property").replace(
            "return sum(item.price for item in self.items)", "return 0"
        ),
    ),
    case(
        "a function that imports for itself",
        "shop.py",
        "import os\n\n\ndef load():\n    import json\n    return json\n",
        "import json\n\n\ndef save():\n    import csv\n    return json, csv\n",
        "import os\nimport json\n\n\ndef load():\n    import json\n    return json\n\n\n"
        "def save():\n    import csv\n    return json, csv\n",
    ),
    case(
        "a new method stands behind the one above it",
        "shop.py",
        SHOP,
        """
        class Cart:
            def add(self, item):
                # Keep the order.
                self.items.append(item)
                return len(self.items)

            def clear(self):
                self.items = []
        """,
        SHOP.replace(
            "return len(self.items)\n",
            "return len(self.items)\n\n        def clear(self):\n            self.items = []\n",
        ),
    ),
    case(
        "a new function stands before what it comes before",
        "shop.py",
        SHOP,
        """
        def greet():
            print("hello")


        def main():
            greet()
        """,
        SHOP.replace(
            "def main():\n        print(Cart())",
            'def greet():\n        print("hello")\n\n\n    def main():\n        greet()',
        ),
    ),
    case(
        "a new function stands behind the last one and before the script",
        "shop.py",
        SHOP,
        """
        def helper():
            return 1
        """,
        SHOP.replace("print(Cart())\n", "print(Cart())\n\n\n    def helper():\n        return 1\n"),
    ),
    case(
        "a constant and an import",
        "shop.py",
        SHOP,
        """
        import os
        import sys

        LIMIT = 5
        """,
        SHOP.replace("import os\n", "import os\n    import sys\n").replace("LIMIT = 3", "LIMIT = 5"),
    ),
    case(
        "a name more from a module",
        "a.py",
        """
        from typing import (
            Any,
            Literal,
        )

        def f(): return 1
        """,
        """
        from typing import Any, Self
        """,
        """
        from typing import (
            Any,
            Literal,
            Self,
        )

        def f(): return 1
        """,
    ),
    case(
        "the first import stands behind the documentation",
        "a.py",
        '''
        """What this is."""

        def f():
            return 1
        ''',
        """
        import math

        def f():
            return math.pi
        """,
        '''
        """What this is."""

        import math

        def f():
            return math.pi
        ''',
    ),
    case(
        "code left out at the beginning of a function",
        "shop.py",
        SHOP,
        """
        def add(self, item):
            # ... existing code ...
            self.items.append(item)
            self.count += 1
            return len(self.items)
        """,
        SHOP.replace("self.items.append(item)\n", "self.items.append(item)\n            self.count += 1\n"),
    ),
    case(
        "code left out at the end of a function",
        "shop.py",
        SHOP,
        """
        def add(self, item, count=1):
            if count < 1:
                raise ValueError(count)
            # rest of the method unchanged
        """,
        SHOP.replace(
            "def add(self, item):\n",
            "def add(self, item, count=1):\n            if count < 1:\n                raise ValueError(count)\n",
        ),
    ),
    case(
        "a whole file",
        "a.py",
        """
        import os


        def f():
            return 1


        x = f()
        """,
        """
        import sys


        def f():
            return 2


        x = f() + 1
        """,
        """
        import sys


        def f():
            return 2


        x = f() + 1
        """,
    ),
    case("an empty file", "a.py", "", "x = 1", "x = 1\n"),
    case(
        "statements at the cursor",
        "a.py",
        """
        def f(x):
            if x:
                |
            return 1
        """,
        """
        while x:
            x -= 1
        """,
        """
        def f(x):
            if x:
                while x:
                    x -= 1
            return 1
        """,
    ),
    case(
        "tabs stay tabs",
        "a.py",
        "def f():\n\treturn 1\n\n\ndef g():\n\tif f():\n\t\treturn 2\n",
        "def g():\n    while f():\n        return 3\n",
        "def f():\n\treturn 1\n\n\ndef g():\n\twhile f():\n\t\treturn 3\n",
    ),
    case(
        "two spaces stay two",
        "a.py",
        "class A:\n  def f(self):\n    return 1\n",
        "def f(self):\n    if self:\n        return 2\n",
        "class A:\n  def f(self):\n    if self:\n      return 2\n",
    ),
    Case(
        "a text in the code does not move, its documentation does",
        "a.py",
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n",
        'def f(self):\n    """Say.\n\n    More.\n    """\n    return """\na\n  b\n"""\n',
        'class A:\n    def f(self):\n        """Say.\n\n        More.\n        """\n        return """\na\n  b\n"""\n'
        "\n    def g(self):\n        return 2\n",
    ),
    case(
        "an overload by its decorator's namesake is paired in order",
        "a.py",
        """
        @overload
        def f(a: int) -> int: ...
        @overload
        def f(a: str) -> str: ...
        def f(a):
            return a
        """,
        """
        @overload
        def f(a: int) -> int: ...
        @overload
        def f(a: str) -> str: ...
        def f(a):
            return [a][0]
        """,
        """
        @overload
        def f(a: int) -> int: ...
        @overload
        def f(a: str) -> str: ...
        def f(a):
            return [a][0]
        """,
    ),
    case(
        "a first line that is the file's name is no code",
        "src/a.py",
        """
        def f():
            return 1

        y = 2
        """,
        """
        # src/a.py
        def f():
            return 2
        """,
        """
        def f():
            return 2

        y = 2
        """,
    ),
]

STORE_TS = """
    import { readFile } from "fs";

    /** A store. */
    export class Store {
      private items: string[] = [];

      // Adds one.
      add(item: string): number {
        this.items.push(item);
        return this.items.length;
      }

      get(index: number): string {
        return this.items[index];
      }
    }

    export const size = (store: Store): number => {
      return store.length;
    };

    export function main(): void {
      console.log(new Store());
    }
"""

TYPESCRIPT = [
    case(
        "a function",
        "store.ts",
        STORE_TS,
        """
        export function main(): void {
          const store = new Store();
          console.log(store);
        }
        """,
        STORE_TS.replace("console.log(new Store());", "const store = new Store();\n      console.log(store);"),
    ),
    case(
        "a method without its class, at another indentation",
        "store.ts",
        STORE_TS,
        """
        get(index: number): string | undefined {
            return this.items.at(index);
        }
        """,
        STORE_TS.replace("get(index: number): string {", "get(index: number): string | undefined {").replace(
            "return this.items[index];", "return this.items.at(index);"
        ),
    ),
    case(
        "an arrow function",
        "store.ts",
        STORE_TS,
        """
        export const size = (store: Store): number => store.count();
        """,
        STORE_TS.replace("=> {\n      return store.length;\n    };", "=> store.count();"),
    ),
    case(
        "a member is added, others are left out",
        "store.ts",
        STORE_TS,
        """
        export class Store {
          // ... existing code ...

          clear(): void {
            this.items = [];
          }
        }
        """,
        STORE_TS.replace(
            "return this.items[index];\n      }\n",
            "return this.items[index];\n      }\n\n      clear(): void {\n        this.items = [];\n      }\n",
        ),
    ),
    case(
        "an import of one name more, and a new function",
        "store.ts",
        STORE_TS,
        """
        import { readFile, writeFile } from "fs";
        import path from "path";

        export function save(): void {
          writeFile(path.join("a"), "", () => {});
        }
        """,
        STORE_TS.replace(
            '{ readFile } from "fs";', '{ readFile, writeFile } from "fs";\n    import path from "path";'
        ).replace(
            "console.log(new Store());\n    }\n",
            "console.log(new Store());\n    }\n\n    export function save(): void {\n"
            '      writeFile(path.join("a"), "", () => {});\n    }\n',
        ),
    ),
    case(
        "code left out between two known lines",
        "store.ts",
        STORE_TS,
        """
        add(item: string): number {
          if (!item) return 0;
          // ...
          return this.items.length;
        }
        """,
        STORE_TS.replace("this.items.push(item);", "if (!item) return 0;\n        this.items.push(item);"),
    ),
    case(
        "the head of a class",
        "store.ts",
        STORE_TS,
        """
        export class Store extends Base {
          // ... rest of the class
        }
        """,
        STORE_TS.replace("export class Store {", "export class Store extends Base {"),
    ),
]

SERVER_GO = """
    package server

    import (
    \t"fmt"
    )

    // Server serves.
    type Server struct {
    \tname string
    }

    // Name tells its name.
    func (s *Server) Name() string {
    \treturn s.name
    }

    func New(name string) *Server {
    \treturn &Server{name: name}
    }

    func main() {
    \tfmt.Println(New("a"))
    }
"""

GO = [
    case(
        "a method by its receiver",
        "server.go",
        SERVER_GO,
        """
        func (s *Server) Name() string {
            if s == nil {
                return ""
            }
            return s.name
        }
        """,
        SERVER_GO.replace("\treturn s.name", '\tif s == nil {\n    \t\treturn ""\n    \t}\n    \treturn s.name'),
    ),
    case(
        "a new method stands behind those of its type",
        "server.go",
        SERVER_GO,
        """
        func (s *Server) Close() {
        \ts.name = ""
        }
        """,
        SERVER_GO.replace(
            "\treturn s.name\n    }\n",
            '\treturn s.name\n    }\n\n    func (s *Server) Close() {\n    \ts.name = ""\n    }\n',
        ),
    ),
    case(
        "a struct, and a package more",
        "server.go",
        SERVER_GO,
        """
        package server

        import (
        \t"fmt"
        \t"sync"
        )

        type Server struct {
        \tname string
        \tlock sync.Mutex
        }
        """,
        SERVER_GO.replace('\t"fmt"\n', '\t"fmt"\n    \t"sync"\n').replace(
            "\tname string\n", "\tname string\n    \tlock sync.Mutex\n"
        ),
    ),
    case(
        "code left out of a function",
        "server.go",
        SERVER_GO,
        """
        func main() {
        \tfmt.Println("starting")
        \t// ... existing code ...
        }
        """,
        SERVER_GO.replace('\tfmt.Println(New("a"))', '\tfmt.Println("starting")\n    \tfmt.Println(New("a"))'),
    ),
]

QUEUE_RS = """
    use std::fmt;

    /// A queue.
    #[derive(Debug)]
    pub struct Queue {
        items: Vec<u8>,
    }

    impl Queue {
        /// Makes one.
        #[must_use]
        pub fn new() -> Self {
            Queue { items: Vec::new() }
        }

        pub fn push(&mut self, item: u8) {
            self.items.push(item);
        }
    }

    impl fmt::Display for Queue {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "queue")
        }
    }

    fn main() {
        println!("{}", Queue::new());
    }
"""

RUST = [
    case(
        "a method in its impl",
        "queue.rs",
        QUEUE_RS,
        """
        impl Queue {
            pub fn push(&mut self, item: u8) {
                if item > 0 {
                    self.items.push(item);
                }
            }
        }
        """,
        QUEUE_RS.replace(
            "self.items.push(item);", "if item > 0 {\n                self.items.push(item);\n            }"
        ),
    ),
    case(
        "a method alone keeps its attributes and documentation",
        "queue.rs",
        QUEUE_RS,
        """
        impl Queue {
            pub fn new() -> Self {
                Self { items: vec![] }
            }
        }
        """,
        QUEUE_RS.replace("Queue { items: Vec::new() }", "Self { items: vec![] }"),
    ),
    case(
        "an impl of a trait by its head",
        "queue.rs",
        QUEUE_RS,
        """
        impl fmt::Display for Queue {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "{:?}", self.items)
            }
        }
        """,
        QUEUE_RS.replace('write!(f, "queue")', 'write!(f, "{:?}", self.items)'),
    ),
    case(
        "an impl that is new",
        "queue.rs",
        QUEUE_RS,
        """
        impl Default for Queue {
            fn default() -> Self {
                Self::new()
            }
        }
        """,
        QUEUE_RS.replace(
            "\n    fn main()",
            "\n    impl Default for Queue {\n        fn default() -> Self {\n            Self::new()\n        }\n    }"
            "\n\n    fn main()",
        ),
    ),
    case(
        "a new method at the end of the others, and an import",
        "queue.rs",
        QUEUE_RS,
        """
        use std::mem;

        impl Queue {
            // ... existing methods ...

            pub fn take(&mut self) -> Vec<u8> {
                mem::take(&mut self.items)
            }
        }
        """,
        QUEUE_RS.replace("use std::fmt;\n", "use std::fmt;\n    use std::mem;\n").replace(
            "self.items.push(item);\n        }\n",
            "self.items.push(item);\n        }\n\n        pub fn take(&mut self) -> Vec<u8> {\n"
            "            mem::take(&mut self.items)\n        }\n",
        ),
    ),
]

SHELF_JAVA = """
    package shop;

    import java.util.List;

    /** A shelf. */
    public class Shelf {
        private final List<String> items;

        public Shelf(List<String> items) {
            this.items = items;
        }

        @Override
        public String toString() {
            return "shelf";
        }

        int count(String item) {
            return 1;
        }

        int count(int item) {
            return 2;
        }
    }
"""

JAVA = [
    case(
        "a method without its class keeps its annotation",
        "Shelf.java",
        SHELF_JAVA,
        """
        public String toString() {
            return items.toString();
        }
        """,
        SHELF_JAVA.replace('return "shelf";', "return items.toString();"),
    ),
    case(
        "one of two overloads, by its head",
        "Shelf.java",
        SHELF_JAVA,
        """
        int count(int item) {
            return 3;
        }
        """,
        SHELF_JAVA.replace("return 2;", "return 3;"),
    ),
    case(
        "several at once, one of them new, and an import",
        "Shelf.java",
        SHELF_JAVA,
        """
        import java.util.Map;

        public class Shelf {
            // ... existing code ...

            @Override
            public String toString() {
                return "none";
            }

            Map<String, Integer> all() {
                return Map.of();
            }
        }
        """,
        SHELF_JAVA.replace("import java.util.List;\n", "import java.util.List;\n    import java.util.Map;\n")
        .replace('return "shelf";', 'return "none";')
        .replace(
            '"none";\n        }\n',
            '"none";\n        }\n\n        Map<String, Integer> all() {\n            return Map.of();\n        }\n',
        ),
    ),
    case(
        "a constructor",
        "Shelf.java",
        SHELF_JAVA,
        """
        public Shelf(List<String> items) {
            this.items = List.copyOf(items);
        }
        """,
        SHELF_JAVA.replace("this.items = items;", "this.items = List.copyOf(items);"),
    ),
]

OTHERS = [
    case(
        "C: a function",
        "a.c",
        "#include <stdio.h>\n\nstatic int f(int a) {\n    return a;\n}\n\nint main(void) {\n    return f(1);\n}\n",
        "#include <stdlib.h>\n\nstatic int f(int a) {\n    return abs(a);\n}\n",
        "#include <stdio.h>\n#include <stdlib.h>\n\nstatic int f(int a) {\n    return abs(a);\n}\n\n"
        "int main(void) {\n    return f(1);\n}\n",
    ),
    case(
        "C++: a method outside of its class, in a namespace",
        "a.cpp",
        "namespace shop {\n\nint Cart::count() {\n    return 1;\n}\n\nint Cart::size() {\n    return 1;\n}\n\n}\n",
        "int Cart::count() {\n    return 2;\n}\n",
        "namespace shop {\n\nint Cart::count() {\n    return 2;\n}\n\nint Cart::size() {\n    return 1;\n}\n\n}\n",
    ),
    case(
        "C#: a method in a namespace",
        "a.cs",
        "namespace Shop;\n\nclass Cart\n{\n    [Fact]\n"
        "    public int Count()\n    {\n        return 1;\n    }\n\n    int b;\n}\n",
        "public int Count()\n{\n    return 2;\n}\n",
        "namespace Shop;\n\nclass Cart\n{\n    [Fact]\n"
        "    public int Count()\n    {\n        return 2;\n    }\n\n    int b;\n}\n",
    ),
    case(
        "PHP: a method",
        "a.php",
        "<?php\n\nclass Cart\n{\n    public function count(): int\n    {\n        return 1;\n    }\n}\n",
        "public function count(): int\n{\n    return 2;\n}\n",
        "<?php\n\nclass Cart\n{\n    public function count(): int\n    {\n        return 2;\n    }\n}\n",
    ),
    case(
        "Ruby: a method",
        "a.rb",
        "class Cart\n  def count\n    1\n  end\n\n  def size\n    1\n  end\nend\n",
        "def size\n  2\nend\n",
        "class Cart\n  def count\n    1\n  end\n\n  def size\n    2\n  end\nend\n",
    ),
    case(
        "Kotlin: a method",
        "a.kt",
        "class Cart {\n    fun count(): Int {\n        return 1\n    }\n\n    fun size() = 1\n}\n",
        "fun size() = 2\n",
        "class Cart {\n    fun count(): Int {\n        return 1\n    }\n\n    fun size() = 2\n}\n",
    ),
    case(
        "Lua: a function of a table",
        "a.lua",
        "local M = {}\n\nfunction M.f()\n  return 1\nend\n\nreturn M\n",
        "function M.f()\n  return 2\nend\n",
        "local M = {}\n\nfunction M.f()\n  return 2\nend\n\nreturn M\n",
    ),
    case(
        "Bash: a function",
        "a.sh",
        "#!/bin/sh\nset -e\n\nrun() {\n  echo a\n}\n\nrun\n",
        "run() {\n  echo b\n}\n",
        "#!/bin/sh\nset -e\n\nrun() {\n  echo b\n}\n\nrun\n",
    ),
    case(
        "JSON: the whole file",
        "a.json",
        '{\n  "a": 1,\n  "b": 2\n}\n',
        '{\n  "a": 1,\n  "b": 3\n}\n',
        '{\n  "a": 1,\n  "b": 3\n}\n',
    ),
    case("text at the cursor", "notes.txt", "one\n|\nthree\n", "two", "one\ntwo\nthree\n"),
]

CASES = [
    *((f"python: {c.name}", c) for c in PYTHON),
    *((f"typescript: {c.name}", c) for c in TYPESCRIPT),
    *((f"go: {c.name}", c) for c in GO),
    *((f"rust: {c.name}", c) for c in RUST),
    *((f"java: {c.name}", c) for c in JAVA),
    *((c.name, c) for c in OTHERS),
]
