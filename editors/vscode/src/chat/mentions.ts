/** Choosing what a message is about: files, folders, symbols, the selection, changes. */

import { window, workspace, type QuickPickItem, type Uri } from "vscode";

/** More are not listed; who writes the path by hand reaches the others. */
const MOST_FILES = 5000;

const KINDS: readonly (QuickPickItem & { readonly mention: string; readonly isNamed?: boolean })[] = [
  { label: "$(file) File…", mention: "@file:", isNamed: true },
  { label: "$(folder) Folder…", mention: "@folder:", isNamed: true },
  { label: "$(symbol-method) Symbol…", mention: "@symbol:", isNamed: true },
  { label: "$(selection) Selection", description: "of the active editor", mention: "@selection" },
  { label: "$(diff) Changes", description: "that are not committed", mention: "@diff" },
  { label: "$(warning) Diagnostics", description: "of the active editor", mention: "@diagnostics" },
  { label: "$(terminal) Terminal", description: "what its last command wrote", mention: "@terminal" },
  { label: "$(repo) Repository", mention: "@repo" },
];

/** Lets the user choose; returns a mention as it stands in a message, such as `@file:src/app.ts`. */
export async function chooseMention(): Promise<string | undefined> {
  const kind = await window.showQuickPick(KINDS, { title: "Mention in the message" });
  if (kind?.isNamed !== true) {
    return kind?.mention;
  }
  const name = await (kind.mention === "@symbol:" ? askSymbol() : choosePath(kind.mention === "@folder:"));
  return name === undefined || name === "" ? undefined : kind.mention + quoted(name);
}

function askSymbol(): Thenable<string | undefined> {
  return window.showInputBox({ title: "Mention a symbol", prompt: "The name of a function or class, or Class.method" });
}

async function choosePath(isFolder: boolean): Promise<string | undefined> {
  const items = workspace.findFiles("**/*", excluded(), MOST_FILES).then((uris) => {
    const paths = uris.map(pathOf);
    return (isFolder ? folders(paths) : paths).toSorted();
  });
  return window.showQuickPick(items, { title: isFolder ? "Mention a folder" : "Mention a file" });
}

/** Makes one pattern of those whose files VS Code's own search leaves out, such as installed packages. */
function excluded(): string | undefined {
  const patterns = ["files.exclude", "search.exclude"].flatMap((name) =>
    Object.entries(workspace.getConfiguration().get<Record<string, unknown>>(name) ?? {})
      .filter(([, isExcluded]) => isExcluded === true)
      .map(([pattern]) => pattern),
  );
  return patterns.length === 0 ? undefined : `{${patterns.join(",")}}`;
}

/** Names a file as the server does: relative to its folder. */
function pathOf(uri: Uri): string {
  return workspace.asRelativePath(uri, false);
}

/** Lists all folders that paths lie in, at whatever depth. */
export function folders(paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      found.add(path.slice(0, end));
    }
  }
  return [...found];
}

function quoted(name: string): string {
  return /^[\w./@+-]+$/.test(name) ? name : `"${name}"`;
}
