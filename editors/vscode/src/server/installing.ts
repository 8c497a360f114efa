/** Installing the server for the user: asks first, shows how it goes, and says what to do if it fails. */

import { ProgressLocation, commands, window, type LogOutputChannel, type QuickPickItem } from "vscode";

import { sentence } from "../errors";
import { findInstaller, install, removeOld, type Installer } from "./environment";
import { CancelledError } from "./run";

interface SourceItem extends QuickPickItem {
  readonly choose: () => Promise<string | undefined>;
}

const SOURCES: readonly SourceItem[] = [
  { label: "From a folder…", description: "a clone of Fimble's repository", choose: () => chooseFile(undefined) },
  { label: "From a wheel…", description: "a file fimble-….whl", choose: () => chooseFile({ Wheel: ["whl"] }) },
  {
    label: "From a package index",
    description: "of your organisation: Fimble must be on the index that pip or uv is set up for",
    choose: () => Promise.resolve("fimble"),
  },
];

/** Installs the server into an environment under `folder`; true if it is there afterwards. */
export async function installServer(folder: string, log: LogOutputChannel): Promise<boolean> {
  const installer = await findInstaller(process.env["PATH"] ?? "");
  if (installer === undefined) {
    await explainMissingPython();
    return false;
  }
  const source = await (await window.showQuickPick(SOURCES, { title: "Install Fimble's server" }))?.choose();
  if (source === undefined || !(await isConfirmed(installer, folder, source))) {
    return false;
  }
  try {
    await installWithProgress(folder, installer, source, log);
    await removeOld(folder);
    return true;
  } catch (error) {
    if (!(error instanceof CancelledError)) {
      return explainFailure(error, folder, log);
    }
    return false;
  }
}

async function chooseFile(filters: Record<string, string[]> | undefined): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    canSelectFiles: filters !== undefined,
    canSelectFolders: filters === undefined,
    ...(filters === undefined ? {} : { filters }),
    openLabel: "Install",
  });
  return chosen?.[0]?.fsPath;
}

async function isConfirmed(installer: Installer, folder: string, source: string): Promise<boolean> {
  const answer = await window.showInformationMessage(
    "Install Fimble's server?",
    {
      modal: true,
      detail:
        `${installer.command} makes a virtual environment in ${folder} and installs ${source} into it. ` +
        "llama.cpp may be compiled for your processor, which takes some minutes and needs a C++ compiler.",
    },
    "Install",
  );
  return answer === "Install";
}

async function installWithProgress(
  folder: string,
  installer: Installer,
  source: string,
  log: LogOutputChannel,
): Promise<void> {
  await window.withProgress(
    { location: ProgressLocation.Notification, title: "Installing Fimble", cancellable: true },
    async (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => {
        controller.abort();
      });
      const onLine = (line: string): void => {
        log.info(line);
        progress.report({ message: line.trim().slice(0, 100) });
      };
      await install(folder, installer, source, { onLine, signal: controller.signal });
    },
  );
}

async function explainMissingPython(): Promise<void> {
  const settings = "Set fimble.path…";
  const chosen = await window.showErrorMessage(
    "Neither uv nor Python 3.11 or later is on the PATH. Install one of them, or say where fimble is.",
    settings,
  );
  if (chosen === settings) {
    await commands.executeCommand("workbench.action.openSettings", "fimble.path");
  }
}

/** Says why it failed; true if another try succeeded. */
async function explainFailure(error: unknown, folder: string, log: LogOutputChannel): Promise<boolean> {
  const [again, show] = ["Try Again", "Show Log"];
  const reason = sentence(error);
  log.error(reason);
  const chosen = await window.showErrorMessage(`Fimble was not installed: ${reason}`, again, show);
  if (chosen === show) {
    log.show();
  }
  return chosen === again && installServer(folder, log);
}
