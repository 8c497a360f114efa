/** The entry point: what runs for as long as the extension is active. */

import * as path from "node:path";

import { Disposable, commands, window, workspace, type ExtensionContext } from "vscode";

import { registerCommands } from "./commands";
import { TerminalOutputs } from "./chat/terminals";
import { ChatView } from "./chat/view";
import { CommitMessages } from "./commits/writing";
import { runCodeAction } from "./edits/editing";
import { Previews } from "./edits/preview";
import { sentence } from "./errors";
import { ownServer } from "./server/environment";
import { findServer, type Search } from "./server/find";
import { Session, followSettings } from "./session";
import { serverSettings } from "./settings";
import { offerSetup } from "./setup";
import { FactStore } from "./status/facts";
import { showStatusBar } from "./status/statusBar";
import { Unanswered } from "./unanswered";

let session: Session | undefined;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Fimble", { log: true });
  const facts = new FactStore();
  const environments = path.join(context.globalStorageUri.fsPath, "environments");
  const previews = new Previews();
  const unanswered = new Unanswered(facts);
  const started = new Session({
    facts,
    unanswered,
    log,
    settings: serverSettings(context.extension.packageJSON),
    find: () => find(environments),
    onIncomplete: (reason) => void offerSetup(context, reason),
    onEdit: (request) => {
      runCodeAction({ session: started, previews }, request).catch((error: unknown) => {
        void window.showErrorMessage(sentence(error));
      });
    },
  });
  session = started;
  const terminals = new TerminalOutputs();
  const chat = new ChatView({ context, session, previews, terminals });
  const commitMessages = new CommitMessages(session, context.workspaceState);
  context.subscriptions.push(
    log,
    facts,
    unanswered,
    previews,
    terminals,
    chat,
    showStatusBar(facts),
    registerCommands({ context, session, previews, chat, commitMessages, facts, log, environments }),
    followSettings(session),
    followLanguage(facts),
    followContext(facts),
  );
  void session.restart();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}

async function find(environments: string): Promise<Search> {
  return findServer({
    setting: workspace.getConfiguration("fimble").get<string | null>("path") ?? "",
    path: process.env["PATH"] ?? "",
    own: await ownServer(environments),
  });
}

/** Tells VS Code what the walkthrough and the commands' conditions ask for. */
function followContext(facts: FactStore): Disposable {
  const told = new Map<string, boolean>();
  return facts.onDidChange(({ server, status }) => {
    for (const [name, value] of [
      ["fimble.isInstalled", server === "unknown" ? told.get("fimble.isInstalled") : server !== "missing"],
      ["fimble.hasModel", status?.model.file !== undefined],
    ] as const) {
      if (value !== undefined && told.get(name) !== value) {
        told.set(name, value);
        void commands.executeCommand("setContext", name, value);
      }
    }
  });
}

function followLanguage(facts: FactStore): Disposable {
  const look = (): void => {
    facts.update({ languageId: window.activeTextEditor?.document.languageId });
  };
  look();
  // A document whose language is changed by hand is opened anew.
  return Disposable.from(window.onDidChangeActiveTextEditor(look), workspace.onDidOpenTextDocument(look));
}
