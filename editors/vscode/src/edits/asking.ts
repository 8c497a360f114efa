/** Requests whose answer a model writes while the user looks on. */

import { ProgressLocation, window } from "vscode";

import { plain, sentence } from "../errors";
import type { Session } from "../session";
import { lastLine } from "./text";

/**
 * Asks the server, with the line that it writes in a notification, which can end it. Returns undefined if that was done,
 * and if it failed, of which the user was told.
 */
export async function ask<Answer>(
  session: Session,
  title: string,
  method: string,
  parameters: object,
): Promise<Answer | undefined> {
  const options = { location: ProgressLocation.Notification, title: `Fimble: ${plain(title)}`, cancellable: true };
  return window.withProgress(options, async (progress, token) => {
    let text = "";
    try {
      return await session.request<Answer>(method, parameters, token, (part) => {
        text += part.text;
        progress.report({ message: plain(lastLine(text)) });
      });
    } catch (error) {
      if (!token.isCancellationRequested) {
        void window.showErrorMessage(sentence(error));
      }
      return undefined;
    }
  });
}
