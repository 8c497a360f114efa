/** Bundles the extension into `dist/`, with the licences of what the bundle contains. */

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { build } from "esbuild";

const here = path.dirname(import.meta.dirname);

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: true,
  metafile: true,
});

const folders = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
);
const notices = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(path.join(here, folder, "package.json"), "utf8"));
  const file = readdirSync(path.join(here, folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) {
    throw new Error(`${name} comes without the text of its licence`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(path.join(here, folder, file), "utf8").trim()}\n`;
});
writeFileSync(path.join(here, "dist", "LICENCES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
