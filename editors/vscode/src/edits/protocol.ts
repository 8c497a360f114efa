/** The requests `fimble/commands` and `fimble/edit`; `docs/protocol.md` describes them. */

import type { Range, TextDocumentIdentifier, WorkspaceEdit } from "vscode-languageclient";

/** Something that can be asked for; answers `fimble/commands`. */
export interface EditCommand {
  readonly name: string;
  readonly title: string;
  /** Whether the user's own words belong to it. */
  readonly instruction: "no" | "optional" | "required";
  readonly fromRepository: boolean;
}

/** What `fimble/edit` is asked; also the argument of the code actions' command `fimble.edit`. */
export interface EditRequest {
  readonly textDocument: TextDocumentIdentifier;
  readonly range: Range;
  readonly command: string;
  readonly instruction?: string;
}

/** What comes of it: an edit, words, remarks, or none of them and a notice that says why. */
export interface Proposal {
  readonly title: string;
  readonly edit: WorkspaceEdit | null;
  /** What is wrong with the edit, each in a sentence. */
  readonly problems: readonly string[];
  /** Markdown. */
  readonly answer: string;
  /** The server shows them as diagnostics; lines are 0-based. */
  readonly remarks: readonly { readonly line: number; readonly message: string }[];
  readonly notice: string;
}
