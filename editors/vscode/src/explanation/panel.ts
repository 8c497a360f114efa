/** Panels beside the editor. */

import { randomUUID } from "node:crypto";

import { ViewColumn, window, type WebviewPanel } from "vscode";

import { factsPage, prosePage, type Table } from "./page";

const panels = new Map<string, WebviewPanel>();

/** Shows facts in the panel of this title. */
export function showFacts(title: string, sentence: string, tables: readonly Table[]): void {
  showPanel(title, factsPage(title, sentence, tables, randomUUID()));
}

/** Shows Markdown that a model wrote, in the panel of this title. */
export function showProse(title: string, text: string): void {
  showPanel(title, prosePage(title, text, randomUUID()));
}

/** Shows a page in the panel of this title, which is made if it is not there. */
function showPanel(title: string, page: string): void {
  const panel = panels.get(title) ?? createPanel(title);
  panel.webview.html = page;
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
