import { describe, expect, test } from "vitest";
import type { Position, Range } from "vscode-languageclient";

import { applied, lastLine, moved } from "../src/edits/text";

describe("a proposed text", () => {
  test("has all changes, in whatever order they come", () => {
    const changes = [
      { start: 8, end: 11, text: "zwei" },
      { start: 0, end: 3, text: "eins" },
    ];
    expect(applied("one and two", [...changes])).toBe("eins and zwei");
    expect(applied("one and two", [...changes].reverse())).toBe("eins and zwei");
  });

  test("has two insertions at one place in their order", () => {
    const changes = [
      { start: 1, end: 1, text: "b" },
      { start: 1, end: 1, text: "c" },
    ];
    expect(applied("ad", changes)).toBe("abcd");
  });

  test("is the text itself without changes", () => {
    expect(applied("\r\nsame\r\n", [])).toBe("\r\nsame\r\n");
  });
});

test("an answer on its way is shown by its last line that says something", () => {
  expect(lastLine("def add():\n    return 1\n   \n")).toBe("return 1");
  expect(lastLine("")).toBe("");
});

describe("a range that code is followed by", () => {
  const text = "zero\none\ntwo\nthree\n";
  const at = (line: number, character: number): Position => ({ line, character });
  const range = (start: Position, end: Position): Range => ({ start, end });
  /** The lines "one" and "two". */
  const code = range(at(1, 0), at(3, 0));
  const followed = (change: Range, replacement: string): string => {
    const changed = applied(text, [
      { start: offset(text, change.start), end: offset(text, change.end), text: replacement },
    ]);
    const { start, end } = moved(code, { range: change, text: replacement });
    return changed.slice(offset(changed, start), offset(changed, end));
  };

  test("stays with it wherever else the text changes", () => {
    for (const [change, replacement] of [
      [range(at(0, 0), at(0, 0)), "more\nlines\n"],
      [range(at(0, 0), at(1, 0)), ""],
      [range(at(0, 2), at(0, 4)), "\n"],
      [range(at(1, 0), at(1, 0)), "directly before\n"],
      [range(at(3, 0), at(3, 0)), "directly behind\n"],
      [range(at(3, 1), at(4, 0)), "x"],
    ] as const) {
      expect(followed(change, replacement)).toBe("one\ntwo\n");
    }
  });

  test("has what changes in it", () => {
    expect(followed(range(at(1, 3), at(1, 3)), " and a half\nmore")).toBe("one and a half\nmore\ntwo\n");
    expect(followed(range(at(1, 1), at(2, 1)), "")).toBe("owo\n");
    expect(followed(code, "both\n")).toBe("both\n");
  });

  test("has all of a change that goes over its ends", () => {
    expect(followed(range(at(0, 0), at(4, 0)), "as a formatter does\n")).toBe("as a formatter does\n");
    expect(followed(range(at(0, 2), at(1, 1)), "_")).toBe("_ne\ntwo\n");
    expect(followed(range(at(2, 1), at(3, 2)), "_")).toBe("one\nt_");
  });

  test("goes with a cursor", () => {
    const cursor = range(at(1, 2), at(1, 2));
    expect(moved(cursor, { range: cursor, text: "\nab" })).toEqual(range(at(2, 2), at(2, 2)));
    expect(moved(cursor, { range: range(at(0, 0), at(1, 0)), text: "" })).toEqual(range(at(0, 2), at(0, 2)));
  });
});

function offset(text: string, { line, character }: Position): number {
  const before = text.split("\n").slice(0, line);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + character;
}
