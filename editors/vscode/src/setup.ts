/** What leads a new user on: the walkthrough, and a message with a button where something is missing. */

import { commands, window, type ExtensionContext } from "vscode";

import { plain } from "./errors";

const SHOWN = "walkthroughWasShown";

export async function openWalkthrough(context: ExtensionContext): Promise<void> {
  await context.globalState.update(SHOWN, true);
  await commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false);
}

/** Says what is missing; the first time, the walkthrough opens by itself. */
export async function offerSetup(context: ExtensionContext, reason: string): Promise<void> {
  if (context.globalState.get(SHOWN) !== true) {
    await openWalkthrough(context);
    return;
  }
  const setUp = "Set Up Fimble";
  if ((await window.showWarningMessage(plain(reason), setUp)) === setUp) {
    await openWalkthrough(context);
  }
}
