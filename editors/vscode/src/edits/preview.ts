/** A proposed edit beside the code as it is: shown as a diff, then accepted, rejected, or asked for once more. */

import * as path from "node:path";

import {
  Disposable,
  EventEmitter,
  TabInputTextDiff,
  Uri,
  commands,
  window,
  workspace,
  type Tab,
  type TextDocument,
  type TextDocumentContentProvider,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode";

import { applied } from "./text";

/** Documents of this scheme are proposals: read-only, in memory, with the path of the file that they are for. */
const SCHEME = "fimble-edit";

export interface Preview {
  /** What was asked for; stands in the title. */
  readonly command: string;
  /** An edit of one file. */
  readonly edit: WorkspaceEdit;
  /** Asks for another proposal; the one that is shown is gone by then. */
  readonly retry: () => Promise<void>;
}

interface Shown extends Preview {
  readonly uri: Uri;
  /** The document that the edit was made for, and its version then; undefined for a file to create. */
  readonly document: TextDocument | undefined;
  readonly version: number | undefined;
}

/** Holds the one proposal that is shown. */
export class Previews implements TextDocumentContentProvider, Disposable {
  private readonly emitter = new EventEmitter<Uri>();
  readonly onDidChange = this.emitter.event;
  private readonly contents = new Map<string, string>();
  private readonly subscriptions: Disposable;
  private shown: Shown | undefined;
  private count = 0;

  constructor() {
    this.subscriptions = Disposable.from(
      this.emitter,
      workspace.registerTextDocumentContentProvider(SCHEME, this),
      window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.some(isPreview) && previewTabs().length === 0) {
          this.forget();
        }
        void followContext();
      }),
      window.tabGroups.onDidChangeTabGroups(() => void followContext()),
    );
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.contents.get(uri.toString()) ?? "";
  }

  /** Shows a proposal in the place of the one before. */
  async show(preview: Preview): Promise<void> {
    await this.reject();
    const [changed] = preview.edit.entries();
    if (changed === undefined) {
      return;
    }
    const [uri, edits] = changed;
    const document = await workspace.openTextDocument(uri).then(undefined, () => undefined);
    this.shown = { ...preview, uri, document, version: document?.version };
    const before = document === undefined ? this.put(uri, "") : uri;
    const after = this.put(uri, proposed(document, edits));
    const title = `${preview.command}: ${path.basename(uri.path)}`;
    await commands.executeCommand("vscode.diff", before, after, title, { preview: true });
  }

  /** Applies the proposal as one edit, which one undo takes back; not if the code was changed under it. */
  async accept(): Promise<void> {
    const { shown } = this;
    if (shown === undefined) {
      return;
    }
    if (shown.document?.version !== shown.version) {
      const retry = "Retry";
      const question = "The code was changed since. Nothing was applied.";
      if ((await window.showWarningMessage(question, retry)) === retry) {
        await this.retry();
      }
      return;
    }
    await this.reject();
    if (!(await workspace.applyEdit(shown.edit))) {
      void window.showErrorMessage("VS Code could not apply the change. Nothing was changed.");
      return;
    }
    await window.showTextDocument(shown.uri, { preview: false });
  }

  /** Closes the proposal; nothing is changed. */
  async reject(): Promise<void> {
    this.forget();
    await window.tabGroups.close(previewTabs());
  }

  async retry(): Promise<void> {
    const { shown } = this;
    await this.reject();
    await shown?.retry();
  }

  dispose(): void {
    this.forget();
    this.subscriptions.dispose();
  }

  private put(file: Uri, content: string): Uri {
    this.count += 1;
    const uri = file.with({ scheme: SCHEME, query: String(this.count) });
    this.contents.set(uri.toString(), content);
    return uri;
  }

  private forget(): void {
    this.shown = undefined;
    this.contents.clear();
  }
}

function proposed(document: TextDocument | undefined, edits: readonly TextEdit[]): string {
  return applied(
    document?.getText() ?? "",
    edits.map(({ range, newText }) => ({
      start: document?.offsetAt(range.start) ?? 0,
      end: document?.offsetAt(range.end) ?? 0,
      text: newText,
    })),
  );
}

function previewTabs(): readonly Tab[] {
  return window.tabGroups.all.flatMap(({ tabs }) => tabs.filter(isPreview));
}

function isPreview({ input }: Tab): boolean {
  return input instanceof TabInputTextDiff && input.modified.scheme === SCHEME;
}

/** Tells VS Code whether keys are meant for a proposal. */
async function followContext(): Promise<void> {
  const tab = window.tabGroups.activeTabGroup.activeTab;
  await commands.executeCommand("setContext", "fimble.isPreviewing", tab !== undefined && isPreview(tab));
}
