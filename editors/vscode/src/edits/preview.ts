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
  type WorkspaceEditMetadata,
} from "vscode";

import type { ConvertedEdit } from "./conversion";
import { applied } from "./text";
import type { TrackedRange } from "./tracking";

/** Documents of this scheme are proposals: read-only, in memory, with the path of the file that they are for. */
const SCHEME = "fimble-edit";

export interface Preview extends ConvertedEdit {
  /** What was asked for; stands in the title. */
  readonly command: string;
  /** Does what was agreed to; not called if the code was changed under the proposal. */
  readonly accept: (edit: WorkspaceEdit) => unknown;
  /** The code that it is for, followed for as long as it is shown. */
  readonly range?: TrackedRange;
  /** Asks for another proposal; the one that is shown is gone by then. */
  readonly retry: () => Promise<void>;
}

/** One file of a proposal, with the version that it was made for; there is no document of a file to create. */
interface Change {
  readonly uri: Uri;
  readonly document: TextDocument | undefined;
  readonly version: number | undefined;
  readonly after: string;
}

interface Shown extends Preview {
  readonly title: string;
  readonly changes: readonly Change[];
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
        if (closed.some((tab) => this.isPreview(tab)) && this.tabs().length === 0) {
          this.forget();
        }
        void this.followContext();
      }),
      window.tabGroups.onDidChangeTabGroups(() => void this.followContext()),
    );
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.contents.get(uri.toString()) ?? "";
  }

  /** Shows a proposal in the place of the one before. */
  async show(preview: Preview): Promise<void> {
    await this.reject();
    const changes = await Promise.all(changedFiles(preview).map(([uri, edits]) => change(preview, uri, edits)));
    const [only, ...others] = changes;
    if (only === undefined) {
      return;
    }
    const title = `${preview.command}: ${changes.map(({ uri }) => path.basename(uri.path)).join(", ")}`;
    this.shown = { ...preview, title, changes };
    // In a tab to stay: one for a glance would be replaced by the next file that is opened.
    if (others.length === 0) {
      await commands.executeCommand("vscode.diff", ...this.sides(only), title, { preview: false });
    } else {
      const files = changes.map((each) => [each.uri, ...this.sides(each)]);
      await commands.executeCommand("vscode.changes", title, files);
      await commands.executeCommand("workbench.action.keepEditor");
    }
  }

  /** Does what the proposal is for; not if the code was changed under it. */
  async accept(): Promise<void> {
    const { shown } = this;
    if (shown === undefined) {
      return;
    }
    if (shown.changes.some(({ document, version }) => document?.version !== version)) {
      const retry = "Retry";
      const question = "The code was changed since. Nothing was applied.";
      if ((await window.showWarningMessage(question, retry)) === retry) {
        await this.retry();
      }
      return;
    }
    await this.reject();
    await shown.accept(shown.edit);
  }

  /** Closes the proposal; nothing is changed. */
  async reject(): Promise<void> {
    const tabs = this.tabs();
    this.forget();
    await window.tabGroups.close(tabs);
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

  /** Returns what stands on the left and on the right of a diff. */
  private sides({ uri, document, after }: Change): readonly [Uri, Uri] {
    return [document === undefined ? this.put(uri, "") : uri, this.put(uri, after)];
  }

  private put(file: Uri, content: string): Uri {
    this.count += 1;
    const uri = file.with({ scheme: SCHEME, query: String(this.count) });
    this.contents.set(uri.toString(), content);
    return uri;
  }

  private forget(): void {
    this.shown?.range?.dispose();
    this.shown = undefined;
    this.contents.clear();
  }

  private tabs(): readonly Tab[] {
    return window.tabGroups.all.flatMap(({ tabs }) => tabs.filter((tab) => this.isPreview(tab)));
  }

  /** Tells whether a tab shows a proposal; of one over several files VS Code tells the title alone, and adds to it. */
  private isPreview({ input, label }: Tab): boolean {
    if (input instanceof TabInputTextDiff) {
      return input.modified.scheme === SCHEME;
    }
    return this.shown !== undefined && label.startsWith(this.shown.title);
  }

  /** Tells VS Code whether keys are meant for a proposal. */
  private async followContext(): Promise<void> {
    const tab = window.tabGroups.activeTabGroup.activeTab;
    await commands.executeCommand("setContext", "fimble.isPreviewing", tab !== undefined && this.isPreview(tab));
  }
}

/** Applies an edit as one, which one undo takes back, and shows the first file of it; tells whether that could be. */
export async function applyEdit(edit: WorkspaceEdit, metadata?: WorkspaceEditMetadata): Promise<boolean> {
  if (!(await workspace.applyEdit(edit, metadata))) {
    void window.showErrorMessage("VS Code could not apply the change. Nothing was changed.");
    return false;
  }
  const [first] = edit.entries();
  if (first !== undefined) {
    await window.showTextDocument(first[0], { preview: false });
  }
  return true;
}

function changedFiles({ edit, removed }: ConvertedEdit): readonly [Uri, readonly TextEdit[] | undefined][] {
  return [...edit.entries(), ...removed.map((uri): [Uri, undefined] => [uri, undefined])];
}

/** Returns what becomes of a file; without edits it is removed. */
async function change({ versions }: ConvertedEdit, uri: Uri, edits: readonly TextEdit[] | undefined): Promise<Change> {
  const document = await workspace.openTextDocument(uri).then(undefined, () => undefined);
  const changes = (edits ?? []).map(({ range, newText }) => ({
    start: document?.offsetAt(range.start) ?? 0,
    end: document?.offsetAt(range.end) ?? 0,
    text: newText,
  }));
  const after = edits === undefined ? "" : applied(document?.getText() ?? "", changes);
  // What is typed between the server's answer and the preview counts as a change, too.
  return { uri, document, version: versions.get(uri.toString()) ?? document?.version, after };
}
