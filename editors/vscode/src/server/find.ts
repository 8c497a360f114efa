/** Where the `fimble` executable is. Nothing of a workspace is ever looked at: only the user's own places count. */

import { access, constants, stat } from "node:fs/promises";
import { homedir } from "node:os";
import * as path from "node:path";

export interface Places {
  /** The setting `fimble.path`; empty if it is not set. */
  readonly setting: string;
  /** The environment variable PATH. */
  readonly path: string;
  /** The executable in the extension's own virtual environment, if it made one. */
  readonly own: string | undefined;
}

export type Search =
  | { readonly kind: "found"; readonly command: string; readonly origin: "setting" | "path" | "own" }
  | { readonly kind: "missing"; readonly reason: string };

/** Finds the server: the setting decides alone if it is set, then PATH, then the extension's own environment. */
export async function findServer(places: Places): Promise<Search> {
  if (places.setting !== "") {
    return fromSetting(places.setting);
  }
  const onPath = await findOnPath("fimble", places.path);
  if (onPath !== undefined) {
    return { kind: "found", command: onPath, origin: "path" };
  }
  if (places.own !== undefined && (await isExecutable(places.own))) {
    return { kind: "found", command: places.own, origin: "own" };
  }
  return { kind: "missing", reason: "Fimble's server is not installed yet." };
}

/** Finds a program in the absolute folders of PATH; a relative one would be a folder of the workspace. */
export async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  for (const folder of searchPath.split(path.delimiter)) {
    const candidate = path.join(folder, file);
    if (path.isAbsolute(folder) && (await isExecutable(candidate))) {
      return candidate;
    }
  }
  return undefined;
}

async function fromSetting(setting: string): Promise<Search> {
  const command = setting.replace(/^~(?=[\\/])/, homedir());
  if (!path.isAbsolute(command)) {
    return {
      kind: "missing",
      reason: `The setting fimble.path is "${setting}"; give the whole path of the executable.`,
    };
  }
  if (!(await isExecutable(command))) {
    return { kind: "missing", reason: `The setting fimble.path names ${command}, which is no executable file.` };
  }
  return { kind: "found", command, origin: "setting" };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
