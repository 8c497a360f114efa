import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { beforeEach, describe, expect, test } from "vitest";

import { findInstaller, install, installSteps, ownServer, removeOld, type Installer } from "../src/server/environment";
import { CancelledError, RunError } from "../src/server/run";
import { temporaryFolder } from "./folder";

/** Stands for uv: `uv venv … FOLDER` and `uv pip install --python PYTHON SOURCE`, which installs a server. */
const UV = `#!/bin/sh
for last; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin"; exit; fi
case "$last" in
  broken) echo "building the wheel"; echo "ERROR: no compiler was found" >&2; echo "Hint: get one" >&2; exit 1 ;;
  endless) sleep 60 ;;
esac
printf '#!/bin/sh\\necho 0.1.0\\n' > "\${4%python}fimble"
chmod +x "\${4%python}fimble"
echo "installed $last"
`;

let folder: string;
let uv: Installer;

async function program(name: string, text: string): Promise<string> {
  const file = path.join(folder, "tools", name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  uv = { kind: "uv", command: await program("uv", UV) };
});

const environments = (): string => path.join(folder, "environments");

describe("an installation", () => {
  test("is taken into use when it is complete, and told line by line", async () => {
    const lines: string[] = [];
    const server = await install(environments(), uv, "fimble", { onLine: (line) => lines.push(line) });
    expect(await ownServer(environments())).toBe(server);
    expect(lines).toEqual(["installed fimble", "0.1.0"]);
  });

  test("that fails leaves the one before it in use, and says why", async () => {
    const before = await install(environments(), uv, "fimble", {});
    await expect(install(environments(), uv, "broken", {})).rejects.toThrow(
      new RunError("ERROR: no compiler was found"),
    );
    expect(await ownServer(environments())).toBe(before);
    expect(await readdir(environments())).toHaveLength(2);
  });

  test("that is cancelled leaves nothing", async () => {
    const controller = new AbortController();
    const installing = install(environments(), uv, "endless", { signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 200);
    await expect(installing).rejects.toThrow(CancelledError);
    expect(await readdir(environments())).toEqual([]);
    expect(await ownServer(environments())).toBeUndefined();
  });

  test("replaces the one before it only once that is not in use any more", async () => {
    const installed: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      await install(environments(), uv, "fimble", {});
      installed.push(await readFile(path.join(environments(), "current"), "utf8"));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await removeOld(environments());
    // Open windows may run the one before the last.
    expect(await readdir(environments())).toEqual([...installed.slice(1), "current"]);
    expect(await ownServer(environments())).toContain(installed[2]);
  });

  test("by a program that is gone says so", async () => {
    const gone: Installer = { kind: "uv", command: path.join(folder, "gone") };
    await expect(install(environments(), gone, "fimble", {})).rejects.toThrow(/gone cannot be started/);
  });
});

describe("the installer", () => {
  test("is uv where there is one", async () => {
    await program("python3", "#!/bin/sh\nexit 0\n");
    expect(await findInstaller(path.join(folder, "tools"))).toEqual(uv);
  });

  test("is else a Python that is recent enough", async () => {
    const tools = path.join(folder, "other");
    await mkdir(tools);
    for (const [name, code] of [
      ["python3", 1],
      ["python3.12", 0],
    ] as const) {
      await writeFile(path.join(tools, name), `#!/bin/sh\nexit ${String(code)}\n`, { mode: 0o755 });
    }
    expect(await findInstaller(tools)).toEqual({ kind: "pip", command: path.join(tools, "python3.12") });
  });

  test("is none where nothing is", async () => {
    expect(await findInstaller(path.join(folder, "nothing"))).toBeUndefined();
  });

  test("of pip uses the environment's own Python, and no modules of the folder it runs in", () => {
    const python = path.join(
      "/home/me/env",
      ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
    );
    expect(installSteps({ kind: "pip", command: "/usr/bin/python3" }, "/home/me/env", "fimble")).toEqual([
      ["/usr/bin/python3", "-I", "-m", "venv", "/home/me/env"],
      [python, "-I", "-m", "pip", "install", "--disable-pip-version-check", "fimble"],
    ]);
  });
});
