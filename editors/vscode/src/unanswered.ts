/** What is typed while no server answers gets its suggestion as soon as one does: VS Code itself asks only after a key. */

import {
  Disposable,
  InlineCompletionTriggerKind,
  commands,
  window,
  workspace,
  type InlineCompletionContext,
  type ProviderResult,
  type TextDocument,
} from "vscode";

import type { FactStore } from "./status/facts";

export class Unanswered implements Disposable {
  /** Where something was typed since the last answer. */
  private document: TextDocument | undefined;
  private isAskedAgain = false;
  private isServed = false;
  private readonly disposable: Disposable;

  constructor(facts: FactStore) {
    this.disposable = Disposable.from(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === window.activeTextEditor?.document) {
          this.document = document;
        }
      }),
      facts.onDidChange(({ status }) => {
        const wasServed = this.isServed;
        this.isServed = status !== undefined;
        if (this.isServed && !wasServed) {
          void this.askAgain();
        }
      }),
    );
  }

  /** Passes a request on, and takes note of whether there was an answer. */
  async ask<Answer>(
    document: TextDocument,
    context: InlineCompletionContext,
    next: (context: InlineCompletionContext) => ProviderResult<Answer>,
  ): Promise<Answer | null | undefined> {
    // VS Code takes a command for a wish of the user, who would get more, and also where suggestions are switched off.
    const triggerKind = this.isAskedAgain ? InlineCompletionTriggerKind.Automatic : context.triggerKind;
    this.isAskedAgain = false;
    const answer = await next({ ...context, triggerKind });
    // One that failed or was cancelled is null; a server with nothing to suggest sends an empty list.
    if (answer !== null && answer !== undefined && document === this.document) {
      this.document = undefined;
    }
    return answer;
  }

  dispose(): void {
    this.disposable.dispose();
  }

  private async askAgain(): Promise<void> {
    const { document } = this;
    if (document === undefined || document !== window.activeTextEditor?.document) {
      return;
    }
    // The command shows suggestions also to those who want none.
    if (workspace.getConfiguration("editor", document).get<boolean>("inlineSuggest.enabled") === false) {
      return;
    }
    this.isAskedAgain = true;
    try {
      await commands.executeCommand("editor.action.inlineSuggest.trigger");
    } finally {
      this.isAskedAgain = false;
    }
  }
}
