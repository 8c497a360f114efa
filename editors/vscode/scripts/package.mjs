/** Packs the extension into `dist/fimble.vsix`, with the project's licence in it. */

import { execSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import * as path from "node:path";

const here = path.dirname(import.meta.dirname);

copyFileSync(path.join(here, "..", "..", "LICENSE"), path.join(here, "LICENSE"));
try {
  for (const command of [
    "npm run build",
    "npx vsce package --no-dependencies --allow-missing-repository --out dist/fimble.vsix",
  ]) {
    execSync(command, { cwd: here, stdio: "inherit" });
  }
} finally {
  rmSync(path.join(here, "LICENSE"));
}
