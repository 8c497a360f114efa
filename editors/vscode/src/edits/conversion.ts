/** The server's edits as VS Code has them. */

import { Uri, type WorkspaceEdit } from "vscode";
import type { WorkspaceEdit as ProtocolEdit } from "vscode-languageclient";

import type { Session } from "../session";

/** An edit, and what VS Code's own form of it does not tell. */
export interface ConvertedEdit {
  readonly edit: WorkspaceEdit;
  /** The versions of the open documents that it is made for, by their URIs. */
  readonly versions: ReadonlyMap<string, number>;
  /** The files that it removes. */
  readonly removed: readonly Uri[];
}

/** Converts an edit. Rejects with a sentence for the user. */
export async function converted(session: Session, edit: ProtocolEdit): Promise<ConvertedEdit> {
  const changes = edit.documentChanges ?? [];
  const versions = changes.flatMap((each): [string, number][] =>
    "textDocument" in each && each.textDocument.version !== null
      ? [[Uri.parse(each.textDocument.uri).toString(), each.textDocument.version]]
      : [],
  );
  const removed = changes.flatMap((each) => ("kind" in each && each.kind === "delete" ? [Uri.parse(each.uri)] : []));
  return { edit: await session.workspaceEdit(edit), versions: new Map(versions), removed };
}
