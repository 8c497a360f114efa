/** The button of the source control view: writes a commit's message into its input box. Nothing is committed. */

import {
  ProgressLocation,
  QuickPickItemKind,
  window,
  type Memento,
  type QuickPickItem,
  type SourceControl,
} from "vscode";

import { plain, sentence } from "../errors";
import type { Session } from "../session";
import { findRepository, type Repository } from "./git";
import { kept } from "./keeping";

/** Answers `fimble/commitMessage`. */
interface Suggestion {
  readonly message: string;
  /** The message and others, the best first. */
  readonly candidates: readonly string[];
  readonly warnings: readonly string[];
}

/** What may be asked beside the repository; `docs/protocol.md` describes it. */
interface Wish {
  readonly all?: boolean;
  readonly shorterThan?: string;
  readonly attempt?: number;
}

interface Written {
  readonly candidates: readonly string[];
  readonly attempt: number;
}

const KEPT = "replacedCommitMessages";

export class CommitMessages {
  private readonly written = new Map<string, Written>();

  constructor(
    private readonly session: Session,
    private readonly memory: Memento,
  ) {}

  /** Fills the box; where it holds a message of Fimble's, the user chooses another one. */
  async write(sourceControl?: SourceControl): Promise<void> {
    const repository = await findRepository(sourceControl?.rootUri);
    if (repository === undefined) {
      return;
    }
    const before = this.written.get(repository.rootUri.toString());
    const { value } = repository.inputBox;
    if (before?.candidates.includes(value) === true) {
      await this.replace(repository, before, value);
    } else {
      await this.fill(repository, {}, { candidates: [], attempt: 0 });
    }
  }

  /** Puts a text that was replaced back into the box. */
  async restore(sourceControl?: SourceControl): Promise<void> {
    const texts = this.memory.get<readonly string[]>(KEPT, []);
    const items = texts.map((text) => ({ label: text.split("\n")[0] ?? "", detail: text, text }));
    if (items.length === 0) {
      void window.showInformationMessage("No text of the input box was replaced.");
      return;
    }
    const chosen = await window.showQuickPick(items, { title: "Bring back a commit message" });
    const repository = chosen === undefined ? undefined : await findRepository(sourceControl?.rootUri);
    if (chosen !== undefined && repository !== undefined) {
      await this.put(repository, chosen.text);
    }
  }

  private async replace(repository: Repository, before: Written, current: string): Promise<void> {
    const others = before.candidates.filter((candidate) => candidate !== current);
    const items: (QuickPickItem & { readonly choose?: () => Promise<unknown> })[] = [
      ...others.map((text) => ({
        label: text.split("\n")[0] ?? "",
        detail: text.split("\n").slice(1).join(" ").trim(),
        choose: () => this.put(repository, text),
      })),
      { label: "", kind: QuickPickItemKind.Separator },
      { label: "$(fold) A shorter one", choose: () => this.fill(repository, { shorterThan: current }, before) },
      {
        label: "$(refresh) Other ones",
        choose: () =>
          this.fill(repository, { attempt: before.attempt + 1 }, { ...before, attempt: before.attempt + 1 }),
      },
    ];
    const chosen = await window.showQuickPick(items, { title: "Another commit message" });
    await chosen?.choose?.();
  }

  private async fill(repository: Repository, wish: Wish, before: Written): Promise<void> {
    const suggestion = await this.ask(repository, wish);
    if (suggestion === undefined) {
      return;
    }
    const { message, candidates, warnings } = suggestion;
    this.written.set(repository.rootUri.toString(), {
      candidates: [...new Set([message, ...candidates, ...before.candidates])],
      attempt: before.attempt,
    });
    await this.put(repository, message);
    for (const warning of warnings) {
      void window.showWarningMessage(plain(warning));
    }
  }

  private async ask(repository: Repository, wish: Wish): Promise<Suggestion | undefined> {
    const { indexChanges } = repository.state;
    const options = { location: ProgressLocation.Notification, title: "Fimble: commit message", cancellable: true };
    return window.withProgress(options, async (_progress, token) => {
      try {
        // With nothing staged, VS Code commits all changes.
        const parameters = { root: repository.rootUri.toString(), all: indexChanges.length === 0, ...wish };
        return await this.session.request<Suggestion>("fimble/commitMessage", parameters, token);
      } catch (error) {
        if (!token.isCancellationRequested) {
          void window.showErrorMessage(sentence(error));
        }
        return undefined;
      }
    });
  }

  /** Writes into the box; what somebody wrote there is kept. */
  private async put(repository: Repository, message: string): Promise<void> {
    const replaced = repository.inputBox.value;
    const texts = this.memory.get<readonly string[]>(KEPT, []);
    const written = this.written.get(repository.rootUri.toString())?.candidates ?? [];
    const now = kept(texts, replaced, [message, ...written]);
    await this.memory.update(KEPT, now);
    repository.inputBox.value = message;
    if (now !== texts) {
      const restore = "Bring It Back";
      void window.showInformationMessage("The text of the input box was replaced.", restore).then((chosen) => {
        if (chosen === restore) {
          void this.put(repository, replaced);
        }
      });
    }
  }
}
