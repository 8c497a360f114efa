/** What can be done with a code block of an answer. */

import { env, window, type TextEditor } from "vscode";
import type { Position, WorkspaceEdit } from "vscode-languageclient";

import { isRead } from "../documents";
import { applyEdit, type Previews } from "../edits/preview";
import { TrackedRange } from "../edits/tracking";
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
    void window.showInformationMessage("Open the file that the code is for.");
  } else if (action === "insert") {
    await editor.edit((builder) => {
      builder.replace(editor.selection, code.replace(/\n$/, ""));
    });
  } else {
    const { active } = editor.selection;
    await applyCode(tools, code, editor.document.uri.toString(), { line: active.line, character: active.character });
  }
}

const STATUS_MS = 5000;

/** Lets the server find the place of the code by its syntax, and shows that as a proposal. */
async function applyCode(tools: CodeTools, code: string, uri: string, position: Position): Promise<void> {
  const { session, previews } = tools;
  const request = { code, textDocument: { uri }, position };
  const { edit, how, leftOut, notice } = await session.request<PlacedCode>("fimble/applyCode", request);
  if (edit !== null) {
    const converted = await session.workspaceEdit(edit);
    window.setStatusBarMessage(how, STATUS_MS);
    const range = new TrackedRange(uri, { start: position, end: position });
    await previews.show({
      command: "Apply",
      edit: converted,
      range,
      accept: () => applyEdit(converted),
      retry: () => applyCode(tools, code, uri, range.current.start),
    });
  }
  const remarks = [notice, ...leftOut.map((part) => `Left out: ${part}`)].filter((remark) => remark !== "");
  if (remarks.length > 0) {
    void window.showInformationMessage(remarks.join("\n"));
  }
}

/** Returns the active editor; while that shows a proposal or another page, one that shows a file. */
function editorOfUser(): TextEditor | undefined {
  return [window.activeTextEditor, ...window.visibleTextEditors].find(
    (editor) => editor !== undefined && isRead(editor.document),
  );
}
