/** The language client: how the server is started, and what goes between it and VS Code beside the documents. */

import { homedir } from "node:os";

import { window, workspace, type LogOutputChannel, type Uri } from "vscode";
import { LanguageClient, type Middleware, type ServerOptions } from "vscode-languageclient/node";

import { SELECTOR } from "./documents";
import type { EditRequest } from "./edits/protocol";
import { chosenSettings, type Section } from "./settings";
import type { FactStore } from "./status/facts";
import type { Unanswered } from "./unanswered";

export interface ClientOptions {
  /** The server's executable. */
  readonly command: string;
  /** The names of the server's settings. */
  readonly settings: readonly string[];
  readonly facts: FactStore;
  readonly unanswered: Unanswered;
  readonly log: LogOutputChannel;
  /** Called when the server was told its settings anew. */
  readonly onSettings: () => void;
  /** Called for a code action that asks for an edit, which is shown before it is applied. */
  readonly onEdit: (request: EditRequest) => void;
}

/** Makes a client that is not started yet. */
export function createClient(options: ClientOptions): LanguageClient {
  const server: ServerOptions = {
    command: options.command,
    args: ["lsp"],
    // Not the workspace: what lies in it must not stand in for what the server imports.
    options: { cwd: homedir() },
  };
  return new LanguageClient("fimble", "Fimble", server, {
    documentSelector: SELECTOR,
    outputChannel: options.log,
    // The server reads the workspace's own settings before it asks for VS Code's.
    initializationOptions: () => ({ trusted: workspace.isTrusted }),
    middleware: middleware(options),
  });
}

function middleware({ settings, facts, unanswered, onSettings, onEdit }: ClientOptions): Middleware {
  return {
    // The first argument of `next` after the context is the token: VS Code's cancellation reaches the server.
    provideInlineCompletionItems: (document, position, context, token, next) =>
      facts.whileThinking(() => unanswered.ask(document, context, (asked) => next(document, position, asked, token))),
    handleWorkDoneProgress: (token, step, next) => {
      facts.progressed(token, step);
      if (step.kind === "end") {
        // Nothing was begun in VS Code's own display; this takes the client's listener away.
        next(token, step);
      }
    },
    executeCommand: (command, args: unknown[], next) => {
      if (command !== "fimble.edit") {
        return next(command, args) as unknown;
      }
      onEdit(args[0] as EditRequest);
      return undefined;
    },
    workspace: {
      configuration: (params) => {
        onSettings();
        return params.items.map(({ scopeUri, section }) =>
          section === "fimble" ? currentSettings(settings, scopeUri) : null,
        );
      },
    },
  };
}

function currentSettings(names: readonly string[], scope: string | undefined): Section {
  const resource =
    scope === undefined ? firstFolder() : workspace.workspaceFolders?.find(({ uri }) => uri.toString() === scope)?.uri;
  const configuration = workspace.getConfiguration("fimble", resource);
  return chosenSettings(names, (name) => configuration.inspect(name), workspace.isTrusted);
}

function firstFolder(): Uri | undefined {
  return workspace.workspaceFolders?.[0]?.uri ?? window.activeTextEditor?.document.uri;
}
