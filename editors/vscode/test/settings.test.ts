import { describe, expect, test } from "vitest";

import manifest from "../package.json";
import { chosenSettings, serverSettings, type Inspected } from "../src/settings";

const NAMES = ["model", "completion.enabled", "completion.line_ms", "index.enabled"];

function chosen(values: Record<string, Inspected>, isTrusted = true): unknown {
  return chosenSettings(NAMES, (name) => values[name], isTrusted);
}

describe("the server is told", () => {
  test("no default: it would hide the settings files", () => {
    expect(chosen({ "completion.enabled": {} })).toEqual({ trusted: true });
  });

  test("what is set, by sections", () => {
    expect(
      chosen({
        model: { globalValue: "qwen2.5-coder-1.5b" },
        "completion.enabled": { globalValue: false },
        "completion.line_ms": { workspaceValue: 300 },
      }),
    ).toEqual({ trusted: true, model: "qwen2.5-coder-1.5b", completion: { enabled: false, line_ms: 300 } });
  });

  test("the value nearest to the file", () => {
    const value = { globalValue: 1, workspaceValue: 2, workspaceFolderValue: 3 };
    expect(chosen({ "completion.line_ms": value })).toEqual({ trusted: true, completion: { line_ms: 3 } });
  });

  test("in a workspace that nobody trusts, the user's own settings, and not to index it", () => {
    const values = {
      "completion.line_ms": { globalValue: 1, workspaceValue: 2 },
      "completion.enabled": { workspaceValue: false },
      "index.enabled": { globalValue: true },
    };
    expect(chosen(values, false)).toEqual({ trusted: false, completion: { line_ms: 1 }, index: { enabled: false } });
  });
});

describe("the manifest", () => {
  test("contributes the server's settings and those of the extension, which the server is not told", () => {
    const names = serverSettings(manifest);
    expect(names).toContain("completion.disabled_languages");
    expect(names).toContain("model");
    expect(names).not.toContain("path");
  });

  test("lets no workspace name an executable, a model, or what the engine takes", () => {
    const scopes = manifest.contributes.configuration.flatMap(({ properties }) =>
      Object.entries(properties).map(([name, value]) => [name, (value as { scope: string }).scope] as const),
    );
    const free = scopes.filter(([, scope]) => scope !== "machine").map(([name]) => name.split(".")[1]);
    expect(new Set(free)).toEqual(new Set(["commit", "completion", "index"]));
  });
});
