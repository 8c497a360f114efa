import { describe, expect, test } from "vitest";

import { describe as describeModel, readModels, recommended, type Model } from "../src/models/catalogue";
import { readLine, step } from "../src/models/progress";

const GB = 1e9;

function model(name: string, size: number, memory: number | null, changes: Partial<Model> = {}): Model {
  return {
    name,
    title: name,
    size: size * GB,
    memory: memory && memory * GB,
    licence: "Apache-2.0",
    default: false,
    installed: false,
    ...changes,
  };
}

const MODELS = [
  model("small", 0.49, 1, { default: true }),
  model("medium", 1.12, 1.7),
  model("medium-base", 1.12, 1.7),
  model("large", 4.7, 5.6),
  model("imported", 1.1, null),
];

describe("the recommended model", () => {
  test.each([
    [2, 16, "small"],
    [4, 16, "medium"],
    [4, 4, "small"],
    [64, 256, "medium"],
    [1, 1, "small"],
  ])("of %i processors and %i GB", (processors, memory, name) => {
    expect(recommended(MODELS, { processors, memory: memory * GB })?.name).toBe(name);
  });

  test("is none where there are none", () => {
    expect(recommended([], { processors: 4, memory: 8 * GB })).toBeUndefined();
  });
});

test("models are read and described", () => {
  const [first] = readModels(JSON.stringify({ models: MODELS }));
  expect(first && describeModel(first)).toBe("0.5 GB to fetch, 1.0 GB of memory, Apache-2.0");
  expect(describeModel(model("here", 1.1, null, { installed: true }))).toBe("1.1 GB, on this machine, Apache-2.0");
});

describe("the progress of a download", () => {
  test("is read from lines of JSON; others are for people", () => {
    expect(readLine('{"done": 10, "total": 40}')).toEqual({ kind: "progress", done: 10, total: 40 });
    for (const line of ["Measuring Q4_0", "{not JSON", '{"done": "all"}', '{"done": 0, "total": 0}']) {
      expect(readLine(line)).toEqual({ kind: "line", line });
    }
  });

  test("moves a bar by what is new, and never back", () => {
    expect(step(100e6, 400e6, 0)).toEqual({ increment: 25, message: "100 of 400 MB" });
    expect(step(200e6, 400e6, 25)).toEqual({ increment: 25, message: "200 of 400 MB" });
    expect(step(100e6, 400e6, 50).increment).toBe(0);
  });
});
