/** Choosing a model for this machine, and fetching it. */

import { availableParallelism, totalmem } from "node:os";

import { ProgressLocation, window, workspace, type LogOutputChannel, type QuickPickItem } from "vscode";

import { CancelledError, run } from "../server/run";
import { describe, readModels, recommended, type Model } from "./catalogue";
import { readLine, step } from "./progress";

interface ModelItem extends QuickPickItem {
  readonly model: Model;
}

/** Has the user choose a model and fetches it if need be; true if another model is to be used now. */
export async function chooseModel(server: string, log: LogOutputChannel): Promise<boolean> {
  try {
    const models = readModels((await run(server, ["models", "list", "--json"])).stdout);
    const chosen = await window.showQuickPick(modelItems(models), {
      title: "Choose a model for this machine",
      placeHolder: "A larger model suggests better code and needs more memory and time",
      matchOnDetail: true,
    });
    if (chosen === undefined) {
      return false;
    }
    await pull(server, chosen.model, log);
    await workspace
      .getConfiguration("fimble")
      .update("model", chosen.model.default ? undefined : chosen.model.name, true);
    return true;
  } catch (error) {
    return !(error instanceof CancelledError) && explainFailure(error, server, log);
  }
}

function modelItems(models: readonly Model[]): readonly ModelItem[] {
  const best = recommended(models, { processors: availableParallelism(), memory: totalmem() });
  const items = models.map((model) => ({
    model,
    label: model.title,
    ...(model === best ? { description: "recommended for this machine" } : {}),
    detail: describe(model),
  }));
  return items.sort((left, right) => Number(right.model === best) - Number(left.model === best));
}

/** Fetches and tunes a model; the server goes on where an interrupted attempt stopped. */
async function pull(server: string, model: Model, log: LogOutputChannel): Promise<void> {
  await window.withProgress(
    { location: ProgressLocation.Notification, title: `Fetching ${model.title}`, cancellable: true },
    async (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => {
        controller.abort();
      });
      let shown = 0;
      const onLine = (line: string): void => {
        const told = readLine(line);
        if (told.kind === "line") {
          log.info(told.line);
          progress.report({ message: told.line.slice(0, 100) });
        } else {
          const { increment, message } = step(told.done, told.total, shown);
          shown += increment;
          progress.report({ increment, message });
        }
      };
      await run(server, ["models", "pull", model.name, "--progress"], { onLine, signal: controller.signal });
    },
  );
}

/** Says why it failed; true if another try succeeded. */
async function explainFailure(error: unknown, server: string, log: LogOutputChannel): Promise<boolean> {
  const [again, show] = ["Try Again", "Show Log"];
  const reason = error instanceof Error ? error.message : String(error);
  log.error(reason);
  const chosen = await window.showErrorMessage(`No model was fetched: ${reason}`, again, show);
  if (chosen === show) {
    log.show();
  }
  return chosen === again && chooseModel(server, log);
}
