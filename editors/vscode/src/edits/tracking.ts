/** Where code has gone while the document around it was edited. */

import { workspace, type Disposable } from "vscode";
import type { Range } from "vscode-languageclient";

import { moved } from "./text";

/** A range of a document that stays with its code until it is disposed. */
export class TrackedRange implements Disposable {
  private readonly subscription: Disposable;

  constructor(
    uri: string,
    private range: Range,
  ) {
    this.subscription = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.toString() === uri) {
        this.range = contentChanges.reduce(moved, this.range);
      }
    });
  }

  get current(): Range {
    return this.range;
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
