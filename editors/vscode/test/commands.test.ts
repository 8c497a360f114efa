import { expect, test, vi } from "vitest";

import manifest from "../package.json";

const registered: string[] = [];
vi.mock("vscode", () => ({
  Disposable: { from: vi.fn() },
  commands: { registerCommand: (name: string) => registered.push(name) },
}));

test("the commands of the manifest are those that are registered", async () => {
  const { registerCommands } = await import("../src/commands");
  registerCommands({} as Parameters<typeof registerCommands>[0]);
  expect(registered.sort()).toEqual(manifest.contributes.commands.map(({ command }) => command).sort());
});

test("keys and the walkthrough run commands that exist", () => {
  const known = new Set(manifest.contributes.commands.map(({ command }) => command));
  const keys = manifest.contributes.keybindings.map(({ command }) => command);
  const links = JSON.stringify(manifest.contributes.walkthroughs).matchAll(/command:([\w.]+)/g);
  const used = [...keys, ...[...links].map((match) => match[1] ?? "")];
  expect(used.filter((command) => command.startsWith("fimble.") && !known.has(command))).toEqual([]);
});
