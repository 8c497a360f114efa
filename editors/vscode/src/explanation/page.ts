/** Pages of the panels: plain HTML without a script. */

import { render } from "../markdown";

/** A cell of a table: text, or a link that runs a command. */
export type Cell = string | { readonly text: string; readonly command: string; readonly argument: unknown };

export interface Table {
  readonly title: string;
  readonly rows: readonly (readonly Cell[])[];
}

const STYLE = `
body { padding: 0 1.5em 1.5em; line-height: 1.5; }
h1 { font-size: 1.4em; font-weight: 400; }
h2 { font-size: 1.1em; font-weight: 600; margin: 1.6em 0 0.4em; }
td { padding: 0.15em 2em 0.15em 0; vertical-align: top; }
td:first-child { color: var(--vscode-descriptionForeground); }
.prose { max-width: 50em; }
figure { margin: 1em 0; }
pre { padding: 0.6em 1em; overflow-x: auto; background: var(--vscode-textCodeBlock-background); }
code { font-family: var(--vscode-editor-font-family); }`;

/** Makes a page of facts. */
export function factsPage(title: string, sentence: string, tables: readonly Table[], nonce: string): string {
  const shown = tables.filter(({ rows }) => rows.length > 0).map(table);
  return page(title, `<p>${escape(sentence)}</p>\n${shown.join("\n")}`, nonce);
}

/** Makes a page of Markdown. */
export function prosePage(title: string, text: string, nonce: string): string {
  const prose = render(text, { places: new Map(), hasActions: false });
  return page(title, `<div class="prose">${prose}</div>`, nonce);
}

/** Makes a whole document; only a style with this nonce is allowed in it, and nothing is loaded. */
function page(title: string, body: string, nonce: string): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<title>${escape(title)}</title>
<style nonce="${escape(nonce)}">${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${body}
</body>
</html>`;
}

function table({ title, rows }: Table): string {
  const lines = rows.map((row) => `<tr>${row.map((each) => `<td>${cell(each)}</td>`).join("")}</tr>`);
  return `<h2>${escape(title)}</h2>\n<table>\n${lines.join("\n")}\n</table>`;
}

function cell(content: Cell): string {
  if (typeof content === "string") {
    return escape(content);
  }
  const target = `command:${content.command}?${encodeURIComponent(JSON.stringify([content.argument]))}`;
  return `<a href="${escape(target)}">${escape(content.text)}</a>`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
