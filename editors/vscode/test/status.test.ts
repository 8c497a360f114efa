import { describe, expect, test } from "vitest";

import manifest from "../package.json";
import { menuItems } from "../src/status/menu";
import { withProgress } from "../src/status/progress";
import { view, type Facts, type View } from "../src/status/view";
import { INDEXING, RUNNING, WITHOUT_MODEL, withCompletion } from "./facts";

describe("the status bar shows", () => {
  const cases: [string, Facts, View["kind"], string][] = [
    ["that all is well", RUNNING, "ready", "$(sparkle) Fimble"],
    ["how far the index is", { ...RUNNING, work: [INDEXING] }, "working", "$(sync~spin) Fimble 42%"],
    [
      "thinking before indexing",
      { ...RUNNING, work: [INDEXING], isThinking: true },
      "thinking",
      "$(loading~spin) Fimble",
    ],
    ["that a workspace is switched off", withCompletion({ enabled: false }), "off", "$(circle-slash) Fimble"],
    ["that a language is switched off", { ...RUNNING, languageId: "markdown" }, "off", "$(circle-slash) Fimble"],
    [
      "off before indexing",
      { ...withCompletion({ enabled: false }), work: [INDEXING] },
      "off",
      "$(circle-slash) Fimble",
    ],
    [
      "a missing model before all else",
      { ...WITHOUT_MODEL, work: [INDEXING], isThinking: true },
      "no model",
      "$(warning) Fimble: no model",
    ],
    [
      "a missing server",
      { ...RUNNING, server: "missing", reason: "There is none" },
      "missing",
      "$(warning) Fimble: not installed",
    ],
    ["a server that ended", { ...RUNNING, server: "stopped" }, "stopped", "$(error) Fimble: stopped"],
    ["a server that is looked for", { ...RUNNING, server: "unknown" }, "starting", "$(loading~spin) Fimble"],
    ["a server that starts", { ...RUNNING, server: "starting" }, "starting", "$(loading~spin) Fimble"],
    ["a server that has told nothing yet", { ...RUNNING, status: undefined }, "starting", "$(loading~spin) Fimble"],
  ];
  test.each(cases)("%s", (_name, facts, kind, text) => {
    expect(view(facts)).toMatchObject({ kind, text });
  });

  test("the reason beside it", () => {
    expect(view(WITHOUT_MODEL)).toMatchObject({ tooltip: "The model is not installed", isWarning: true });
    expect(view({ ...RUNNING, server: "missing", reason: "There is none" }).tooltip).toBe("There is none");
    expect(view({ ...RUNNING, languageId: "markdown" }).tooltip).toContain("markdown");
    expect(view({ ...RUNNING, work: [INDEXING] }).tooltip).toBe("Indexing app 42%");
  });

  test("no percentage where nobody knows it", () => {
    const work = [{ ...INDEXING, title: "Loading the model", percentage: 0 }];
    expect(view({ ...RUNNING, work })).toMatchObject({ text: "$(sync~spin) Fimble", tooltip: "Loading the model" });
  });
});

describe("the server's progress", () => {
  test("begins, moves on and ends, for each token by itself", () => {
    let work = withProgress([], "a", {
      kind: "begin",
      title: "Fimble: indexing app",
      percentage: 0,
      cancellable: true,
    });
    work = withProgress(work, "b", { kind: "begin", title: "Fimble: loading the model" });
    work = withProgress(work, "a", { kind: "report", percentage: 42 });
    expect(work).toEqual([
      { token: "b", title: "Loading the model", isCancellable: false, percentage: 0 },
      { token: "a", title: "Indexing app", isCancellable: true, percentage: 42 },
    ]);
    work = withProgress(work, "a", { kind: "end" });
    expect(withProgress(work, "b", { kind: "end" })).toEqual([]);
  });
});

describe("the menu", () => {
  const commands = (facts: Facts): string[] => menuItems(facts).map(({ command }) => command);

  test("begins with what sets things right", () => {
    expect(commands({ ...RUNNING, server: "missing" })[0]).toBe("fimble.install");
    expect(commands({ ...RUNNING, server: "stopped" })[0]).toBe("fimble.restart");
    expect(commands(WITHOUT_MODEL)[0]).toBe("fimble.chooseModel");
  });

  test("offers without a server only what works without one", () => {
    expect(commands({ ...RUNNING, server: "missing" })).not.toContain("fimble.explain");
  });

  test("says what a switch will do", () => {
    const labels = (facts: Facts): string =>
      menuItems(facts)
        .map(({ label }) => label)
        .join("\n");
    expect(labels(RUNNING)).toContain("Suggest nothing in this workspace\n$(circle-slash) Suggest nothing for python");
    expect(labels(withCompletion({ enabled: false }))).toContain("Suggest code in this workspace");
    expect(labels({ ...RUNNING, languageId: "markdown" })).toContain("Suggest code for markdown");
    expect(labels({ ...RUNNING, languageId: "shellscript" })).toContain("Suggest nothing for bash");
    expect(labels({ ...RUNNING, languageId: "plaintext" })).not.toContain(" for ");
    expect(labels({ ...RUNNING, languageId: undefined })).not.toContain(" for ");
  });

  test("stops an indexing that runs, and starts another when none does", () => {
    expect(commands({ ...RUNNING, work: [INDEXING] })).toContain("fimble.cancelIndexing");
    expect(commands(RUNNING)).toContain("fimble.updateWorkspaceIndex");
    expect(commands(RUNNING)).not.toContain("fimble.cancelIndexing");
    const command = { ...INDEXING, title: "Make test" };
    expect(commands({ ...RUNNING, work: [command] })).not.toContain("fimble.cancelIndexing");
  });

  test("has only commands of the manifest", () => {
    const contributed = new Set(manifest.contributes.commands.map(({ command }) => command));
    for (const facts of [RUNNING, WITHOUT_MODEL, { ...RUNNING, work: [INDEXING] }]) {
      expect(commands(facts).filter((command) => !contributed.has(command))).toEqual([]);
    }
  });
});
