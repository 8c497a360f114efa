/** What can be done with a code block of an answer. */

import { env, window, type TextEditor } from "vscode";
import type { Position, WorkspaceEdit } from "vscode-languageclient";

import { isRead } from "../documents";
import { converted } from "../edits/conversion";
import { applyEdit, type Previews } from "../edits/preview";
import { TrackedRange } from "../edits/tracking";
import { plain } from "../errors";
import type { Session } from "../session";
import type { CodeAction } from "./messages";

/** Answers `fimble/applyCode`. */
interface PlacedCode {
  readonly edit: WorkspaceEdit | null;
  /** Where the code goes. */
  readonly how: string;
  /** What of it goes nowhere. */
  readonly leftOut: readonly string[];
  readonly notice: string;
}

export interface CodeTools {
  readonly session: Session;
  readonly previews: Previews;
}

/** Copies the code, inserts it at the cursor, or shows it as a change of the file that the user works on. */
export async function useCode(tools: CodeTools, action: CodeAction, code: string): Promise<void> {
  if (action === "copy") {
    await env.clipboard.writeText(code);
    window.setStatusBarMessage("Copied.", STATUS_MS);
    return;
  }
  const editor = editorOfUser();
  if (editor === undefined) {
    void window.showInformationMessage(
      "Open the file that the code is for. If a change is shown, accept or reject it first.",
    );
  } else if (action === "insert") {
    await insert(editor, code.replace(/\n$/, ""));
  } else {
    const { active } = editor.selection;
    await applyCode(tools, code, editor.document.uri.toString(), { line: active.line, character: active.character });
  }
}

const STATUS_MS = 5000;

async function insert(editor: TextEditor, text: string): Promise<void> {
  const { document } = editor;
  const { version } = document;
  await editor.edit((builder) => {
    builder.replace(editor.selection, text);
  });
  // VS Code calls it done also where it does nothing.
  if (document.version === version) {
    void window.showWarningMessage("Nothing was inserted: the file cannot be changed.");
  }
}

/** Lets the server find the place of the code by its syntax, and shows that as a proposal. */
async function applyCode(tools: CodeTools, code: string, uri: string, position: Position): Promise<void> {
  const { session, previews } = tools;
  const request = { code, textDocument: { uri }, position };
  const { edit, how, leftOut, notice } = await session.request<PlacedCode>("fimble/applyCode", request);
  if (edit !== null) {
    window.setStatusBarMessage(how, STATUS_MS);
    const proposed = await converted(session, edit);
    const range = new TrackedRange(uri, { start: position, end: position });
    await previews.show({
      ...proposed,
      command: "Apply",
      range,
      accept: applyEdit,
      retry: () => applyCode(tools, code, uri, range.current.start),
    });
  }
  const remarks = [notice, ...leftOut.map((part) => `Left out: ${part}`)].filter((remark) => remark !== "");
  if (remarks.length > 0) {
    void window.showInformationMessage(plain(remarks.join("\n")));
  }
}

/** Returns the active editor; while that shows another page, one that shows a file. The sides of a diff have no column. */
function editorOfUser(): TextEditor | undefined {
  return [window.activeTextEditor, ...window.visibleTextEditors].find(
    (editor) => editor?.viewColumn !== undefined && isRead(editor.document),
  );
}
