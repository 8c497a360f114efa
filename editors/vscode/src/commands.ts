/** The extension's commands. Those of the server itself, such as `fimble.accept`, are the language client's. */

import * as path from "node:path";

import {
  Disposable,
  Position,
  Range,
  Uri,
  commands,
  window,
  workspace,
  type ExtensionContext,
  type LogOutputChannel,
  type SourceControl,
} from "vscode";

import type { ChatView } from "./chat/view";
import type { CommitMessages } from "./commits/writing";
import { editSelection, type Editing } from "./edits/editing";
import type { Previews } from "./edits/preview";
import { sentence } from "./errors";
import { explanationTables, originSentence, type Explanation, type SnippetPlace } from "./explanation/explanation";
import { showFacts } from "./explanation/panel";
import { statisticsTables } from "./explanation/statistics";
import { chooseModel } from "./models/choosing";
import { installServer } from "./server/installing";
import { CancelledError, run } from "./server/run";
import type { Session } from "./session";
import { openWalkthrough } from "./setup";
import type { FactStore } from "./status/facts";
import { menuItems } from "./status/menu";
import { toggleLanguage, toggleWorkspace } from "./toggles";

export interface CommandOptions {
  readonly context: ExtensionContext;
  readonly session: Session;
  readonly previews: Previews;
  readonly chat: ChatView;
  readonly commitMessages: CommitMessages;
  readonly facts: FactStore;
  readonly log: LogOutputChannel;
  /** The folder of the extension's own virtual environments. */
  readonly environments: string;
}

/** Registers all commands. */
export function registerCommands(options: CommandOptions): Disposable {
  const { context, session, previews, chat, commitMessages, facts, log } = options;
  const handlers: Readonly<Record<string, (argument: never) => unknown>> = {
    showMenu: () => showMenu(facts),
    install: () => installAndStart(options),
    chooseModel: () => chooseAndUse(options),
    toggleWorkspace: () => toggleWorkspace(facts.current),
    toggleLanguage: () => toggleLanguage(facts.current),
    explain: () => explain(session),
    showStatistics: () => showStatistics(session),
    openSettings: () => commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`),
    showLog: () => {
      log.show();
    },
    updateWorkspaceIndex: () => session.execute("fimble.updateIndex"),
    cancelIndexing: () => {
      session.cancelIndexing();
    },
    restart: () => session.restart(),
    stopEngine: () => runInLog(options, ["stop"]),
    checkMachine: () => runInLog(options, ["doctor", workspace.workspaceFolders?.[0]?.uri.fsPath ?? "."]),
    openWalkthrough: () => openWalkthrough(context),
    editSelection: () => editSelection(options),
    ...named(options, { fix: "fix", document: "doc", explainCode: "explain", writeTests: "tests", editAsTold: "edit" }),
    acceptEdit: () => previews.accept(),
    rejectEdit: () => previews.reject(),
    retryEdit: () => previews.retry(),
    openChat: () => chat.open(),
    askAboutSelection: () => chat.open("@selection "),
    planChange: () => chat.open("/plan "),
    newConversation: () => chat.begin(),
    showConversations: () => chat.choose(),
    writeCommitMessage: (sourceControl?: SourceControl) => commitMessages.write(sourceControl),
    restoreCommitMessage: (sourceControl?: SourceControl) => commitMessages.restore(sourceControl),
    openSnippet: (place: SnippetPlace) => openSnippet(place),
  };
  return Disposable.from(
    ...Object.entries(handlers).map(([name, handler]) =>
      commands.registerCommand(`fimble.${name}`, async (argument: never) => {
        try {
          await handler(argument);
        } catch (error) {
          void window.showErrorMessage(sentence(error));
        }
      }),
    ),
  );
}

/** Makes handlers for those of the server's commands on code that have a menu entry of their own. */
function named(editing: Editing, names: Readonly<Record<string, string>>): Record<string, () => Promise<void>> {
  return Object.fromEntries(
    Object.entries(names).map(([command, name]) => [command, () => editSelection(editing, name)]),
  );
}

async function showMenu(facts: FactStore): Promise<void> {
  const chosen = await window.showQuickPick(menuItems(facts.current), { title: "Fimble" });
  if (chosen !== undefined) {
    await commands.executeCommand(chosen.command);
  }
}

async function installAndStart({ environments, log, session }: CommandOptions): Promise<void> {
  if (await installServer(environments, log)) {
    await session.restart();
  }
}

async function chooseAndUse({ session, log }: CommandOptions): Promise<void> {
  if (session.command === undefined) {
    await commands.executeCommand("fimble.install");
  } else if (await chooseModel(session.command, log)) {
    await session.restart();
  }
}

async function explain(session: Session): Promise<void> {
  const explanation = (await session.execute("fimble.explainCompletion")) as Explanation;
  showFacts("Why This Suggestion", originSentence(explanation), explanationTables(explanation));
}

async function showStatistics(session: Session): Promise<void> {
  const status = await session.status();
  showFacts("Fimble Statistics", "All of this is counted on this machine and stays on it.", statisticsTables(status));
}

/** Runs a command of the server's command line and shows what it prints. */
async function runInLog({ session, log }: CommandOptions, args: readonly string[]): Promise<void> {
  if (session.command === undefined) {
    return;
  }
  log.show(true);
  try {
    await run(session.command, args, {
      onLine: (line) => {
        log.info(line);
      },
    });
  } catch (error) {
    if (!(error instanceof CancelledError)) {
      log.error(sentence(error));
    }
  }
}

async function openSnippet(place: SnippetPlace): Promise<void> {
  const position = new Position(place.line - 1, 0);
  const folders = workspace.workspaceFolders?.map(({ uri }) => uri) ?? [];
  const candidates = path.isAbsolute(place.path)
    ? [Uri.file(place.path)]
    : folders.map((folder) => Uri.joinPath(folder, place.path));
  for (const candidate of candidates) {
    const document = await workspace.openTextDocument(candidate).then(undefined, () => undefined);
    if (document !== undefined) {
      await window.showTextDocument(document, { selection: new Range(position, position) });
      return;
    }
  }
  void window.showInformationMessage(`${place.path} is not there any more.`);
}
