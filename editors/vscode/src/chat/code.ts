/** What can be done with a code block of an answer. */

import { env, window } from "vscode";

import type { CodeAction } from "./messages";

/** Copies the code, or inserts it at the cursor. */
export async function useCode(action: CodeAction, code: string): Promise<void> {
  if (action === "copy") {
    await env.clipboard.writeText(code);
    return;
  }
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    void window.showInformationMessage("Open the file that the code is for.");
    return;
  }
  await editor.edit((builder) => {
    builder.replace(editor.selection, code.replace(/\n$/, ""));
  });
}
