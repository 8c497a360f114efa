// Checks the Lua of the Neovim client: StyLua's format (stylua.toml), and no global name but Lua's and Neovim's.
// With --write it formats the files instead.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const stylua = require("@johnnymorganz/stylua");
const luaparse = require("luaparse");

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDERS = ["lua", "plugin", "../../tests/editors/neovim"].map((folder) => join(HERE, folder));
const GLOBALS = new Set(
  "assert error getmetatable ipairs math next pairs pcall require select setmetatable string table tonumber tostring type unpack vim".split(" "),
);

// StyLua's WebAssembly build takes its options one by one; the file is what editors read.
function configuration() {
  const config = stylua.Config.new();
  for (const [, name, value] of readFileSync(join(HERE, "stylua.toml"), "utf8").matchAll(/^(\w+) = "?(\w+)"?$/gm)) {
    const kinds = { syntax: stylua.LuaVersion, indent_type: stylua.IndentType, quote_style: stylua.QuoteStyle };
    config[name] = name in kinds ? kinds[name][value] : Number(value);
  }
  return config;
}

function* undefinedGlobals(code) {
  const names = [];
  luaparse.parse(code, {
    luaVersion: "LuaJIT",
    scope: true,
    locations: true,
    onCreateNode: (node) => node.type === "Identifier" && names.push(node),
  });
  // Fields are identifiers, too; only those that a scope was asked for know whether they are local.
  for (const node of names) {
    if (node.isLocal === false && !GLOBALS.has(node.name)) {
      yield `line ${node.loc.start.line}: ${node.name} is not defined`;
    }
  }
}

let complaints = 0;
for (const folder of FOLDERS) {
  for (const entry of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".lua"))) {
    const file = join(folder, entry);
    const code = readFileSync(file, "utf8");
    const formatted = stylua.formatCode(code, configuration(), undefined, stylua.OutputVerification.None);
    const found = [...undefinedGlobals(code)];
    if (formatted !== code && process.argv.includes("--write")) {
      writeFileSync(file, formatted);
    } else if (formatted !== code) {
      found.push("is not formatted; `npm run format` does it");
    }
    for (const complaint of found) {
      console.error(`${relative(process.cwd(), file)}: ${complaint}`);
    }
    complaints += found.length;
  }
}
process.exitCode = complaints ? 1 : 0;
