/**
 * The extension's own virtual environment, for users who have no `fimble` on their PATH.
 *
 *     <folder>/<time of the installation>/   one environment
 *     <folder>/current                       the name of the one in use, written once its installation succeeded
 *
 * An installation that fails or is cancelled leaves the environment before it in use.
 */

import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { findOnPath } from "./find";
import { run, type RunOptions } from "./run";

const CURRENT = "current";
const OLDEST_PYTHON = "3.11";
const PYTHONS = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
const IS_RECENT = "import sys; sys.exit(sys.version_info < (3, 11))";

/** What makes environments: uv, or a Python of at least 3.11 with its own `venv` and pip. */
export interface Installer {
  readonly kind: "uv" | "pip";
  readonly command: string;
}

type Step = readonly [command: string, ...args: string[]];

/** Finds uv, or else a Python that is recent enough; undefined if neither is on PATH. */
export async function findInstaller(searchPath: string): Promise<Installer | undefined> {
  const uv = await findOnPath("uv", searchPath);
  if (uv !== undefined) {
    return { kind: "uv", command: uv };
  }
  for (const name of PYTHONS) {
    const python = await findOnPath(name, searchPath);
    if (python !== undefined && (await isRecent(python))) {
      return { kind: "pip", command: python };
    }
  }
  return undefined;
}

/** Returns the executable of the environment in use; undefined if there is none. */
export async function ownServer(folder: string): Promise<string | undefined> {
  try {
    return program(path.join(folder, await readFile(path.join(folder, CURRENT), "utf8")), "fimble");
  } catch {
    return undefined;
  }
}

/**
 * Makes a new environment with Fimble in it and takes it into use.
 *
 * `source` is a requirement of pip: a name of the package index, a wheel's path or a folder's. Rejects with `RunError`
 * or `CancelledError`; then nothing is left of it.
 */
export async function install(
  folder: string,
  installer: Installer,
  source: string,
  options: Omit<RunOptions, "cwd">,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = String(Date.now());
  const environment = path.join(folder, name);
  try {
    for (const [command, ...args] of installSteps(installer, environment, source)) {
      await run(command, args, { ...options, cwd: folder });
    }
    const server = program(environment, "fimble");
    await run(server, ["--version"], { ...options, cwd: folder });
    await writeFile(path.join(folder, `${CURRENT}.new`), name);
    await rename(path.join(folder, `${CURRENT}.new`), path.join(folder, CURRENT));
    return server;
  } catch (error) {
    await rm(environment, { recursive: true, force: true });
    throw error;
  }
}

/** Removes old environments, but not the one before the current: servers of open windows run from it. */
export async function removeOld(folder: string): Promise<void> {
  const current = await readFile(path.join(folder, CURRENT), "utf8").catch(() => "");
  const names = await readdir(folder).catch(() => []);
  const older = names.filter((name) => /^\d+$/.test(name) && Number(name) < Number(current)).toSorted();
  for (const name of older.slice(0, -1)) {
    // What cannot be removed, since it runs, is for the next time.
    await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Returns the commands of an installation, in order. */
export function installSteps(installer: Installer, environment: string, source: string): readonly Step[] {
  const python = program(environment, "python");
  return installer.kind === "uv"
    ? [
        [installer.command, "venv", "--python", `>=${OLDEST_PYTHON}`, environment],
        [installer.command, "pip", "install", "--python", python, source],
      ]
    : [
        [installer.command, "-I", "-m", "venv", environment],
        [python, "-I", "-m", "pip", "install", "--disable-pip-version-check", source],
      ];
}

function program(environment: string, name: string): string {
  return process.platform === "win32"
    ? path.join(environment, "Scripts", `${name}.exe`)
    : path.join(environment, "bin", name);
}

async function isRecent(python: string): Promise<boolean> {
  return run(python, ["-I", "-c", IS_RECENT]).then(
    () => true,
    () => false,
  );
}
