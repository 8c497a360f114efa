/** Bundles the extension and the page of its chat into `dist/`, with the licences of what the bundles contain. */

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { build } from "esbuild";

const here = path.dirname(import.meta.dirname);

const COMMON = { absWorkingDir: here, bundle: true, minify: true, metafile: true };
const bundles = [
  await build({
    ...COMMON,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
  }),
  await build({
    ...COMMON,
    entryPoints: [
      { in: "src/chat/page/main.ts", out: "chat" },
      { in: "src/chat/page/chat.css", out: "chat" },
    ],
    outdir: "dist",
    platform: "browser",
    format: "iife",
    target: "chrome128",
  }),
];

const folders = new Set(
  bundles
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
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
