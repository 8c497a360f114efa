/** Documents that Fimble reads: files and what will be files, not what other extensions show. */

import type { TextDocument } from "vscode";

const SCHEMES = ["file", "untitled"];

/** The same as VS Code and the language client ask for it. */
export const SELECTOR = SCHEMES.map((scheme) => ({ scheme }));

export function isRead({ uri }: TextDocument): boolean {
  return SCHEMES.includes(uri.scheme);
}
