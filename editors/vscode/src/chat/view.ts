/** The chat view: holds the conversation, and speaks with the page that shows it and with the server. */

import { randomUUID } from "node:crypto";

import {
  CancellationTokenSource,
  Range,
  Selection,
  Uri,
  window,
  type CancellationToken,
  type Disposable,
  type ExtensionContext,
} from "vscode";

import type { Previews } from "../edits/preview";
import { sentence } from "../errors";
import { OpenPlan } from "../plans/openPlan";
import type { Plan } from "../plans/protocol";
import { runWithConsent } from "../plans/running";
import { transcript, type PlanState } from "../plans/state";
import { plainRange } from "../ranges";
import type { Session } from "../session";
import { useCode } from "./code";
import {
  CANCELLED,
  EMPTY,
  answered,
  asked,
  attachedMentions,
  continued,
  failed,
  planned,
  ran,
  restored,
  withPlan,
  withoutContext,
} from "./conversation";
import { chooseMention } from "./mentions";
import type { ChatState, Citation, FromPage, Lines } from "./messages";
import type { ChatAnswer, ChatPart, ConversationSummary, StoredConversation } from "./protocol";
import { mentionsTerminal, type TerminalOutputs } from "./terminals";
import { ChatPage } from "./webview";

const CURRENT = "conversation";

/** What was removed from the context of conversations, by their ids. */
const REMOVED = "removedContext";

/** A message that is not for the model's answer but for a plan, and what is to be done. */
const PLAN = /^\/plan(?:\s+(.*))?$/s;

type Update = (change: (state: ChatState) => ChatState) => void;

export interface ChatOptions {
  readonly context: ExtensionContext;
  readonly session: Session;
  readonly previews: Previews;
  readonly terminals: TerminalOutputs;
}

export class ChatView implements Disposable {
  private readonly page: ChatPage;
  private state: ChatState = EMPTY;
  private answering: CancellationTokenSource | undefined;
  private id: string;
  /** The plans of the conversation, by their turns. */
  private readonly plans = new Map<number, OpenPlan>();

  constructor(private readonly options: ChatOptions) {
    this.id = options.context.workspaceState.get(CURRENT) ?? randomUUID();
    this.page = new ChatPage(options.context.extensionUri, (message) => this.receive(message));
  }

  /** Shows the view, with words where the user writes. */
  async open(draft = ""): Promise<void> {
    await this.page.open(draft);
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
    this.page.dispose();
  }

  private async receive(message: FromPage): Promise<void> {
    switch (message.kind) {
      case "ready":
        await this.restore();
        break;
      case "send":
        await this.send(message.text);
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
        await this.options.context.workspaceState.update(REMOVED, { ...this.removed(), [this.id]: this.state.removed });
        break;
      case "code":
        await useCode(this.options, message.action, message.code);
        break;
      case "tick":
        this.plans.get(message.turn)?.tick(message.step, message.isTicked);
        break;
      case "preview":
        await this.plans.get(message.turn)?.preview(message.step);
        break;
      case "apply":
        await this.plans.get(message.turn)?.apply();
        break;
      case "run":
        await this.run(message.command);
        break;
      case "detach":
        this.show({ ...this.state, attached: "" });
        break;
    }
  }

  private async send(text: string): Promise<void> {
    await this.exclusively(async (update, token) => {
      const { id } = this;
      const attached = attachedMentions(this.state);
      const without = this.state.removed;
      update((state) => asked(state, text));
      try {
        await this.options.context.workspaceState.update(CURRENT, id);
        const task = PLAN.exec(text);
        if (task === null) {
          const mentions = mentionsTerminal(text) ? [...attached, this.terminalMention()] : attached;
          const parameters = { conversation: id, message: text, mentions, without, ...aboutActiveFile() };
          await this.answer(parameters, update, token);
        } else {
          await this.plan(task[1]?.trim() ?? "", update, token);
        }
      } catch (error) {
        const problem = token.isCancellationRequested ? CANCELLED : sentence(error);
        update((state) => failed(state, problem));
      }
    });
  }

  private terminalMention(): { kind: "terminal"; text: string } {
    return { kind: "terminal", text: this.options.terminals.latest() };
  }

  private async answer(parameters: object, update: Update, token: CancellationToken): Promise<void> {
    const { id } = this;
    const answer = await this.options.session.request<ChatAnswer>("fimble/chat", parameters, token, (part) => {
      if (this.id === id) {
        this.continue(part);
      }
    });
    update((state) => answered(state, answer));
  }

  private async plan(question: string, update: Update, token: CancellationToken): Promise<void> {
    if (question === "") {
      throw new Error("Say what is to be done: /plan add a command that lists the users, with tests");
    }
    const { session, previews } = this.options;
    const made = await session.request<Plan>("fimble/plan", { question, ...aboutActiveFile() }, token);
    update((state) => {
      const turn = state.turns.length - 1;
      const onChange = (plan: PlanState): void => {
        update((current) => withPlan(current, turn, plan));
      };
      const plan = new OpenPlan(made, { session, previews, onChange });
      this.plans.set(turn, plan);
      return planned(state, plan.state);
    });
  }

  private async run(command: string): Promise<void> {
    await this.exclusively(async (update, token) => {
      update((state) => ({ ...state, isAnswering: true }));
      try {
        const outcome = await runWithConsent(this.options.session, command, aboutActiveFile(), token);
        if (outcome !== undefined) {
          update((state) => ran(state, outcome.command, transcript(outcome)));
        }
      } finally {
        update((state) => ({ ...state, isAnswering: false }));
      }
    });
  }

  /** Does one thing at a time; what comes of it is shown if the conversation is still on the screen. */
  private async exclusively(work: (update: Update, token: CancellationToken) => Promise<void>): Promise<void> {
    if (this.answering !== undefined) {
      return;
    }
    const { id } = this;
    const source = new CancellationTokenSource();
    this.answering = source;
    try {
      await work((change) => {
        if (this.id === id) {
          this.show(change(this.state));
        }
      }, source.token);
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
      this.page.tell({ kind: "text", text: state.turns.at(-1)?.text ?? "" });
    } else {
      this.show(state);
    }
  }

  private async restore(): Promise<void> {
    if (this.state === EMPTY && this.options.context.workspaceState.get(CURRENT) === this.id) {
      const { id } = this;
      // A server that is not there yet, or forgot the conversation, has nothing to show.
      const kept = await this.load(id).catch(() => EMPTY);
      // Meanwhile a message may have been sent, or another conversation begun.
      this.state = this.state === EMPTY && this.id === id ? kept : this.state;
    }
    this.show(this.state);
  }

  private async load(id: string): Promise<ChatState> {
    const parameters = { conversation: id, ...aboutActiveFile() };
    const stored = await this.options.session.request<StoredConversation>("fimble/conversation", parameters);
    return restored(stored, this.removed()[id] ?? []);
  }

  private removed(): Readonly<Record<string, readonly Lines[]>> {
    return this.options.context.workspaceState.get(REMOVED, {});
  }

  private async switchTo(id: string, state: ChatState): Promise<void> {
    this.answering?.cancel();
    this.answering = undefined;
    this.id = id;
    this.plans.clear();
    this.show(state);
    await this.options.context.workspaceState.update(CURRENT, id);
  }

  private show(state: ChatState): void {
    this.state = state;
    this.page.tell({ kind: "state", state });
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
  const lines = new Range(place.startLine, 0, place.endLine, 0);
  const editor = await window.showTextDocument(Uri.parse(place.uri), { selection: lines, preview: true });
  // The cursor is where they begin.
  editor.selection = new Selection(lines.end, lines.start);
}
