import { chmod, mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { findOnPath, findServer } from "../src/server/find";
import { temporaryFolder } from "./folder";

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

async function executable(...names: string[]): Promise<string> {
  const file = path.join(folder, ...names);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, "#!/bin/sh\n");
  await chmod(file, 0o755);
  return file;
}

describe("the server", () => {
  test("is what the setting names, before all others", async () => {
    const setting = await executable("set", "fimble");
    await executable("bin", "fimble");
    const search = await findServer({ setting, path: path.join(folder, "bin"), own: undefined });
    expect(search).toEqual({ kind: "found", command: setting, origin: "setting" });
  });

  test("is on the PATH before it is in the extension's own environment", async () => {
    const own = await executable("own", "fimble");
    const onPath = await executable("bin", "fimble");
    const searchPath = [path.join(folder, "nothing"), path.join(folder, "bin")].join(path.delimiter);
    expect(await findServer({ setting: "", path: searchPath, own })).toMatchObject({ command: onPath, origin: "path" });
    expect(await findServer({ setting: "", path: "", own })).toMatchObject({ command: own, origin: "own" });
  });

  test("is missing where the extension's own environment is gone", async () => {
    expect(await findServer({ setting: "", path: "", own: path.join(folder, "gone") })).toMatchObject({
      kind: "missing",
    });
  });

  test.each(["fimble", "./fimble", "bin/fimble"])(
    "is never looked for at %s, a place relative to a workspace",
    async (setting) => {
      const search = await findServer({ setting, path: "", own: undefined });
      expect(search).toEqual({
        kind: "missing",
        reason: `The setting fimble.path is "${setting}"; give the whole path of the executable.`,
      });
    },
  );

  test("is not replaced by another one where the setting is wrong", async () => {
    await executable("bin", "fimble");
    const setting = path.join(folder, "wrong");
    const search = await findServer({ setting, path: path.join(folder, "bin"), own: undefined });
    expect(search).toEqual({
      kind: "missing",
      reason: `The setting fimble.path names ${setting}, which is no executable file.`,
    });
  });
});

describe("on the PATH", () => {
  test("relative folders do not count", async () => {
    await executable("bin", "fimble");
    const relative = path.relative(process.cwd(), path.join(folder, "bin"));
    expect(await findOnPath("fimble", [relative, ".", ""].join(path.delimiter))).toBeUndefined();
  });

  test("folders and files that cannot be executed do not count", async () => {
    await mkdir(path.join(folder, "one", "fimble"), { recursive: true });
    await chmod(await executable("two", "fimble"), 0o644);
    const searchPath = ["one", "two"].map((name) => path.join(folder, name)).join(path.delimiter);
    expect(await findOnPath("fimble", searchPath)).toBeUndefined();
  });
});
