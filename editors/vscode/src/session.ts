/** The server's life in this window: found, started, asked, restarted, stopped. */

import { randomUUID } from "node:crypto";

import {
  Disposable,
  window,
  workspace,
  type CancellationToken,
  type LogOutputChannel,
  type MessageItem,
  type WorkspaceEdit,
} from "vscode";
import {
  DidChangeConfigurationNotification,
  ExecuteCommandRequest,
  MessageType,
  ProgressType,
  ShowMessageNotification,
  State,
  WorkDoneProgressCancelNotification,
  type LanguageClient,
  type ShowMessageParams,
  type WorkspaceEdit as ProtocolEdit,
} from "vscode-languageclient/node";

import { followActivity } from "./activity";
import { createClient } from "./client";
import type { EditRequest } from "./edits/protocol";
import { plain } from "./errors";
import type { Search } from "./server/find";
import type { FactStore } from "./status/facts";
import { isIndexing, type ServerState, type ServerStatus } from "./status/view";
import type { Unanswered } from "./unanswered";

/** The server applies settings right after it has got them; until then it would tell the state before. */
const SETTLED_MS = 200;

const STATES: Readonly<Record<State, ServerState>> = {
  [State.Starting]: "starting",
  [State.Running]: "running",
  [State.Stopped]: "stopped",
  [State.StartFailed]: "stopped",
};

const NO_SERVER = "Fimble's server does not run.";

/** A part of an answer that is still being written; some requests tell more than its text. */
export interface Part {
  readonly text: string;
}

export interface SessionOptions {
  readonly facts: FactStore;
  readonly unanswered: Unanswered;
  readonly log: LogOutputChannel;
  readonly settings: readonly string[];
  readonly find: () => Promise<Search>;
  /** Called with a reason when there is no server, or no model. */
  readonly onIncomplete: (reason: string) => void;
  /** Called for a code action that asks for an edit. */
  readonly onEdit: (request: EditRequest) => void;
}

export class Session {
  private client: LanguageClient | undefined;
  private activity: Disposable | undefined;
  private timer: NodeJS.Timeout | undefined;
  private changing: Promise<void> = Promise.resolve();
  /** The server's executable, while there is one. */
  command: string | undefined;

  constructor(private readonly options: SessionOptions) {}

  /** Finds and starts the server, after ending the one that runs. */
  restart(): Promise<void> {
    this.changing = this.changing
      .then(() => this.end())
      .then(() => this.start())
      .catch((error: unknown) => {
        this.failed(error);
      });
    return this.changing;
  }

  stop(): Promise<void> {
    this.changing = this.changing.then(() => this.end());
    return this.changing;
  }

  /** Runs one of the server's commands, as `request` does. */
  async execute(command: string): Promise<unknown> {
    return this.request(ExecuteCommandRequest.method, { command });
  }

  /**
   * Sends one of Fimble's own requests (`docs/protocol.md`), as soon as the server has started if it just does; what the
   * model writes goes to `onPart`, piece by piece.
   * Rejects with a sentence for the user.
   */
  async request<Answer>(
    method: string,
    parameters: object,
    token?: CancellationToken,
    onPart?: (part: Part) => void,
  ): Promise<Answer> {
    await this.changing;
    const { client } = this;
    if (client?.isRunning() !== true) {
      throw new Error(NO_SERVER);
    }
    // An undefined token would count as a second parameter.
    const send = (sent: object): Promise<Answer> =>
      token === undefined ? client.sendRequest(method, sent) : client.sendRequest(method, sent, token);
    if (onPart === undefined) {
      return send(parameters);
    }
    const partialResultToken = randomUUID();
    const listener = client.onProgress(new ProgressType<Part>(), partialResultToken, onPart);
    try {
      return await send({ ...parameters, partialResultToken });
    } finally {
      listener.dispose();
    }
  }

  /** Makes an edit of the server's one of VS Code's. Rejects with a sentence for the user. */
  async workspaceEdit(edit: ProtocolEdit): Promise<WorkspaceEdit> {
    if (this.client === undefined) {
      throw new Error(NO_SERVER);
    }
    return this.client.protocol2CodeConverter.asWorkspaceEdit(edit);
  }

  /** Asks the server how it is. Rejects with a sentence for the user. */
  async status(): Promise<ServerStatus> {
    const status = (await this.execute("fimble.status")) as ServerStatus;
    this.options.facts.update({ status });
    return status;
  }

  /** Has the server ask for the settings anew. */
  tellSettings(): void {
    if (this.client?.isRunning() === true) {
      void this.client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    }
  }

  cancelIndexing(): void {
    for (const { token } of this.options.facts.current.work.filter(isIndexing)) {
      void this.client?.sendNotification(WorkDoneProgressCancelNotification.type, { token });
    }
  }

  dispose(): void {
    void this.stop();
  }

  private async start(): Promise<void> {
    const { facts, unanswered, log, settings, find, onIncomplete, onEdit } = this.options;
    const found = await find();
    if (found.kind === "missing") {
      this.command = undefined;
      facts.update({ server: "missing", reason: found.reason });
      onIncomplete(found.reason);
      return;
    }
    log.info(`The server is ${found.command} (${found.origin})`);
    this.command = found.command;
    const client = createClient({
      command: found.command,
      settings,
      facts,
      unanswered,
      log,
      onSettings: () => {
        this.refreshSoon();
      },
      onEdit,
    });
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      // What a server that is gone said of itself is not true of the next one.
      facts.update({ server: STATES[newState], status: undefined, work: [] });
      if (newState === State.Running) {
        this.refreshSoon();
      }
    });
    client.onNotification(ShowMessageNotification.type, (message) => void this.show(message));
    try {
      await client.start();
      this.activity = followActivity(client);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.options.log.error(String(error));
    this.options.facts.update({ server: "stopped" });
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    this.activity?.dispose();
    this.activity = undefined;
    const { client } = this;
    this.client = undefined;
    if (client !== undefined) {
      await client.dispose().catch((error: unknown) => {
        this.options.log.warn(String(error));
      });
    }
    this.options.facts.update({ server: "unknown", status: undefined, work: [] });
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), SETTLED_MS);
  }

  private async refresh(): Promise<ServerStatus | undefined> {
    try {
      return await this.status();
    } catch (error) {
      this.options.log.warn(String(error));
      return undefined;
    }
  }

  /** Shows what the server says, with the way out where the extension knows one. */
  private async show({ type, message }: ShowMessageParams): Promise<void> {
    const status = await this.refresh();
    if (status?.model.error === message) {
      this.options.onIncomplete(message);
      return;
    }
    const log: MessageItem = { title: "Show Log" };
    const text = plain(message);
    const chosen =
      type === MessageType.Error
        ? await window.showErrorMessage(text, log)
        : type === MessageType.Warning
          ? await window.showWarningMessage(text, log)
          : await window.showInformationMessage(text);
    if (chosen === log) {
      this.options.log.show();
    }
  }
}

/** Tells the session what changes in VS Code. */
export function followSettings(session: Session): Disposable {
  return Disposable.from(
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("fimble.path")) {
        void session.restart();
      } else if (event.affectsConfiguration("fimble")) {
        session.tellSettings();
      }
    }),
    workspace.onDidGrantWorkspaceTrust(() => {
      session.tellSettings();
    }),
  );
}
