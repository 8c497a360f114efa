/** The page that shows the conversation, as the extension sees it. It is gone while the view is hidden. */

import { randomUUID } from "node:crypto";

import {
  Uri,
  commands,
  window,
  type Disposable,
  type Webview,
  type WebviewView,
  type WebviewViewProvider,
} from "vscode";

import { sentence } from "../errors";
import { chatDocument } from "./document";
import type { FromPage, ToPage } from "./messages";

const VIEW = "fimble.chat";

export class ChatPage implements WebviewViewProvider, Disposable {
  private webview: Webview | undefined;
  /** Whether the page is there to listen. */
  private isReady = false;
  /** What is to be put where the user writes, as soon as the page is there. */
  private draft = "";
  private readonly registration: Disposable;

  /** Registers the view; `receive` is given what the page says. */
  constructor(
    private readonly extensionUri: Uri,
    private readonly receive: (message: FromPage) => Promise<void>,
  ) {
    this.registration = window.registerWebviewViewProvider(VIEW, this);
  }

  resolveWebviewView(view: WebviewView): void {
    const folder = Uri.joinPath(this.extensionUri, "dist");
    const { webview } = view;
    webview.options = { enableScripts: true, enableForms: true, localResourceRoots: [folder] };
    webview.onDidReceiveMessage((message: FromPage) => {
      this.take(message).catch((error: unknown) => {
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
  async open(draft: string): Promise<void> {
    this.draft = draft;
    await commands.executeCommand(`${VIEW}.focus`);
    this.tellDraft();
  }

  tell(message: ToPage): void {
    void this.webview?.postMessage(message);
  }

  dispose(): void {
    this.registration.dispose();
  }

  private async take(message: FromPage): Promise<void> {
    if (message.kind === "ready") {
      this.isReady = true;
      this.tellDraft();
    }
    await this.receive(message);
  }

  private tellDraft(): void {
    if (this.isReady) {
      this.tell({ kind: "draft", text: this.draft });
      this.draft = "";
    }
  }
}
