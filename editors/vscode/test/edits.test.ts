import { describe, expect, test } from "vitest";

import { applied, lastLine } from "../src/edits/text";

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
