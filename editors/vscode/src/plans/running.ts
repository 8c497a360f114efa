/** Commands that are run because the user has said so, each time. */

import { window, type CancellationToken } from "vscode";

import type { Session } from "../session";
import type { Consent, Outcome } from "./protocol";

/**
 * Shows a command line and the folder, and runs it if the user agrees. `about` names a file of the workspace. Returns
 * undefined if the user does not, or cancels it. Rejects with a sentence if it is no command.
 */
export async function runWithConsent(
  session: Session,
  command: string,
  about: object,
  token: CancellationToken,
): Promise<Outcome | undefined> {
  const asked = await session.request<Consent>("fimble/runCommand", { ...about, command });
  const run = "Run";
  const detail = `It runs in ${asked.folder}, with all the rights that you have. Its output comes into the conversation.`;
  if ((await window.showWarningMessage(`Run ${asked.command}?`, { modal: true, detail }, run)) !== run) {
    return undefined;
  }
  const agreed = { ...about, command: asked.command, consent: asked.consent };
  try {
    return await session.request<Outcome>("fimble/runCommand", agreed, token);
  } catch (error) {
    if (token.isCancellationRequested) {
      return undefined;
    }
    throw error;
  }
}
