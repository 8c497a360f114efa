import { expect, test } from "vitest";

import { kept } from "../src/commits/keeping";

test("what somebody wrote is kept when it is replaced, the newest first and once", () => {
  expect(kept([], "mine", [])).toEqual(["mine"]);
  expect(kept(["older", "mine"], "mine", [])).toEqual(["mine", "older"]);
});

test("what Fimble wrote is kept only after somebody changed it", () => {
  expect(kept([], "Add a button", ["Add a button"])).toEqual([]);
  expect(kept([], "Add a button, red", ["Add a button"])).toEqual(["Add a button, red"]);
});

test("nothing is kept of an empty box, and not everything for ever", () => {
  expect(kept([], " \n", [])).toEqual([]);
  const many = Array.from({ length: 40 }, (_, number) => String(number));
  expect(kept(many, "mine", [])).toHaveLength(20);
});
