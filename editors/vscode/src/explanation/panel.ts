/** Panels beside the editor. */

import { randomUUID } from "node:crypto";

import { ViewColumn, window, type WebviewPanel } from "vscode";

import { page, type Table } from "./page";

const panels = new Map<string, WebviewPanel>();

/** Shows a page in the panel of this title, which is made if it is not there. */
export function showPanel(title: string, sentence: string, tables: readonly Table[]): void {
  const panel = panels.get(title) ?? createPanel(title);
  panel.webview.html = page(title, sentence, tables, randomUUID());
  panel.reveal(undefined, true);
}

function createPanel(title: string): WebviewPanel {
  const panel = window.createWebviewPanel(
    "fimble.page",
    title,
    { viewColumn: ViewColumn.Beside, preserveFocus: true },
    { enableScripts: false, enableCommandUris: ["fimble.openSnippet"], localResourceRoots: [] },
  );
  panels.set(title, panel);
  panel.onDidDispose(() => panels.delete(title));
  return panel;
}
