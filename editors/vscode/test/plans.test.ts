import { describe, expect, test } from "vitest";

import { begun, ticked, transcript, undrafted, withDraft, withTick } from "../src/plans/state";

const EDIT = { documentChanges: [] };
const PLAN = begun({
  plan: "plan1",
  steps: [
    { id: 1, action: "change", path: "cart.py", what: "Add total" },
    { id: 2, action: "create", path: "test_cart.py", what: "Test total" },
  ],
  refused: ["../x is outside of the workspace"],
  testCommand: null,
});

describe("a plan", () => {
  test("begins with all steps ticked, and without a command where the server knows none", () => {
    expect(ticked(PLAN).map(({ id }) => id)).toEqual([1, 2]);
    expect(PLAN).toMatchObject({ command: "", isApplied: false, isWorking: false });
  });

  test("is ticked step by step", () => {
    const plan = withTick(PLAN, 1, false);
    expect(ticked(plan).map(({ id }) => id)).toEqual([2]);
    expect(ticked(withTick(plan, 1, true))).toHaveLength(2);
  });

  test("says of a step where its code goes, or what is wrong with it", () => {
    const steps = (draft: Parameters<typeof withDraft>[2]): unknown => withDraft(PLAN, 2, draft).steps[1];
    expect(steps({ edit: EDIT, how: "creates the file", problems: [] })).toMatchObject({
      isDrafted: true,
      note: "creates the file",
    });
    expect(steps({ edit: null, how: "", problems: ["It has no end"] })).toMatchObject({
      isDrafted: false,
      note: "It has no end",
    });
    expect(steps(undefined)).toMatchObject({ isDrafted: false, note: "" });
  });

  test("has to be drafted anew after its files have changed", () => {
    const drafted = withDraft(PLAN, 1, { edit: EDIT, how: "adds a method", problems: [] });
    expect(undrafted(drafted)).toEqual(PLAN);
  });
});

test("a command's output is told with its end", () => {
  const outcome = { command: "make test", exitCode: 2, output: "1 failed\n\n", seconds: 1.26 };
  expect(transcript(outcome)).toBe("$ make test\n1 failed\n(exit code 2 after 1.3 s)");
  expect(transcript({ ...outcome, exitCode: null, output: "" })).toBe("$ make test\n(its time was up after 1.3 s)");
});
