/** The chat view: holds the conversation, and speaks with the page that shows it and with the server. */

import { randomUUID } from "node:crypto";

import {
  CancellationTokenSource,
  Range,
  Uri,
  commands,
  window,
  type Disposable,
  type ExtensionContext,
  type Webview,
  type WebviewView,
  type WebviewViewProvider,
} from "vscode";

import { sentence } from "../errors";
import { plainRange } from "../ranges";
import type { Session } from "../session";
import { useCode } from "./code";
import {
  CANCELLED,
  EMPTY,
  answered,
  asked,
  continued,
  failed,
  removedContext,
  restored,
  withoutContext,
} from "./conversation";
import { chatDocument } from "./document";
import { chooseMention } from "./mentions";
import type { ChatState, Citation, FromPage, ToPage } from "./messages";
import type { ChatAnswer, ChatPart, ConversationSummary, StoredConversation } from "./protocol";

const VIEW = "fimble.chat";
const CURRENT = "conversation";

export interface ChatOptions {
  readonly context: ExtensionContext;
  readonly session: Session;
}

export class ChatView implements WebviewViewProvider, Disposable {
  private webview: Webview | undefined;
  /** Whether the page is there to listen. */
  private isReady = false;
  private state: ChatState = EMPTY;
  private answering: CancellationTokenSource | undefined;
  private id: string;
  /** What is to be put where the user writes, as soon as the page is there. */
  private draft = "";
  private readonly registration: Disposable;

  constructor(private readonly options: ChatOptions) {
    this.id = options.context.workspaceState.get(CURRENT) ?? randomUUID();
    this.registration = window.registerWebviewViewProvider(VIEW, this);
  }

  resolveWebviewView(view: WebviewView): void {
    const { extensionUri } = this.options.context;
    const folder = Uri.joinPath(extensionUri, "dist");
    const { webview } = view;
    webview.options = { enableScripts: true, enableForms: true, localResourceRoots: [folder] };
    webview.onDidReceiveMessage((message: FromPage) => {
      this.receive(message).catch((error: unknown) => {
        void window.showErrorMessage(sentence(error));
      });
    });
    view.onDidDispose(() => {
      this.webview = undefined;
      this.isReady = false;
    });
    // The page of a hidden view is gone; it says when it is there again.
    view.onDidChangeVisibility(() => {
      this.isReady &&= view.visible;
    });
    this.webview = webview;
    webview.html = chatDocument({
      nonce: randomUUID(),
      source: webview.cspSource,
      script: webview.asWebviewUri(Uri.joinPath(folder, "chat.js")).toString(),
      style: webview.asWebviewUri(Uri.joinPath(folder, "chat.css")).toString(),
    });
  }

  /** Shows the view, with words where the user writes. */
  async open(draft = ""): Promise<void> {
    this.draft = draft;
    await commands.executeCommand(`${VIEW}.focus`);
    this.tellDraft();
  }

  /** Begins another conversation; the one before is kept by the server. */
  async begin(): Promise<void> {
    await this.switchTo(randomUUID(), EMPTY);
    await this.open();
  }

  /** Lets the user choose one of the conversations about this folder. */
  async choose(): Promise<void> {
    const { conversations } = await this.options.session.request<{ conversations: readonly ConversationSummary[] }>(
      "fimble/conversations",
      aboutActiveFile(),
    );
    const items = conversations.map(({ id, title, updated }) => ({
      label: title,
      description: new Date(1000 * updated).toLocaleString(),
      id,
    }));
    const chosen = await window.showQuickPick(items, { title: "Continue a conversation" });
    if (chosen !== undefined) {
      await this.switchTo(chosen.id, await this.load(chosen.id));
      await this.open();
    }
  }

  dispose(): void {
    this.answering?.cancel();
    this.registration.dispose();
  }

  private async receive(message: FromPage): Promise<void> {
    switch (message.kind) {
      case "ready":
        this.isReady = true;
        await this.restore();
        break;
      case "send":
        await this.ask(message.text);
        break;
      case "cancel":
        this.answering?.cancel();
        break;
      case "mention": {
        const mention = await chooseMention();
        await this.open(mention === undefined ? "" : `${mention} `);
        break;
      }
      case "open": {
        const { citations } = this.state.turns[message.turn] ?? { citations: [] };
        await openPlace(citations.find(({ number }) => number === message.citation));
        break;
      }
      case "removeContext":
        this.show(withoutContext(this.state, message.turn, message.item));
        break;
      case "code":
        await useCode(message.action, message.code);
        break;
    }
  }

  private async ask(text: string): Promise<void> {
    if (this.answering !== undefined) {
      return;
    }
    const { session, context } = this.options;
    const { id } = this;
    const source = new CancellationTokenSource();
    this.answering = source;
    const update = (state: ChatState): void => {
      // Meanwhile another conversation may be on the screen.
      if (this.id === id) {
        this.show(state);
      }
    };
    const without = removedContext(this.state);
    this.show(asked(this.state, text));
    try {
      await context.workspaceState.update(CURRENT, id);
      const parameters = { conversation: id, message: text, without, ...aboutActiveFile() };
      const answer = await session.request<ChatAnswer>("fimble/chat", parameters, source.token, (part) => {
        if (this.id === id) {
          this.continue(part);
        }
      });
      update(answered(this.state, answer));
    } catch (error) {
      update(failed(this.state, source.token.isCancellationRequested ? CANCELLED : sentence(error)));
    } finally {
      source.dispose();
      if (this.answering === source) {
        this.answering = undefined;
      }
    }
  }

  private continue(part: ChatPart): void {
    const state = continued(this.state, part);
    if (part.context === undefined) {
      this.state = state;
      this.tell({ kind: "text", text: state.turns.at(-1)?.text ?? "" });
    } else {
      this.show(state);
    }
  }

  private async restore(): Promise<void> {
    if (this.state === EMPTY && this.options.context.workspaceState.get(CURRENT) === this.id) {
      // A server that is not there yet, or forgot the conversation, has nothing to show.
      this.state = await this.load(this.id).catch(() => EMPTY);
    }
    this.show(this.state);
    this.tellDraft();
  }

  private async load(id: string): Promise<ChatState> {
    const parameters = { conversation: id, ...aboutActiveFile() };
    return restored(await this.options.session.request<StoredConversation>("fimble/conversation", parameters));
  }

  private async switchTo(id: string, state: ChatState): Promise<void> {
    this.answering?.cancel();
    this.answering = undefined;
    this.id = id;
    this.show(state);
    await this.options.context.workspaceState.update(CURRENT, id);
  }

  private show(state: ChatState): void {
    this.state = state;
    this.tell({ kind: "state", state });
  }

  private tellDraft(): void {
    if (this.isReady) {
      this.tell({ kind: "draft", text: this.draft });
      this.draft = "";
    }
  }

  private tell(message: ToPage): void {
    void this.webview?.postMessage(message);
  }
}

/** Names the active file and what is selected in it. */
function aboutActiveFile(): object {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    return {};
  }
  return { textDocument: { uri: editor.document.uri.toString() }, range: plainRange(editor.selection) };
}

async function openPlace(place: Citation | undefined): Promise<void> {
  if (place === undefined) {
    return;
  }
  const selection = new Range(place.startLine, 0, Math.max(place.startLine, place.endLine - 1), 0);
  await window.showTextDocument(Uri.parse(place.uri), { selection, preview: true });
}
