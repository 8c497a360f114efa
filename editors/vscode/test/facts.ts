import type { Facts, ServerStatus } from "../src/status/view";

export const STATUS: ServerStatus = {
  version: "0.1.0",
  model: { file: "/models/small.gguf" },
  engine: { state: "stopped" },
  indexes: [],
  accepted: 0,
  languages: { markdown: "markdown", python: "python", shellscript: "bash" },
  settings: { completion: { enabled: true, disabled_languages: ["markdown"] }, index: { enabled: true } },
};

export const RUNNING: Facts = {
  server: "running",
  reason: "",
  status: STATUS,
  work: [],
  isThinking: false,
  languageId: "python",
};

export const INDEXING = { token: 1, title: "Indexing app", isCancellable: true, percentage: 42 };

export function withCompletion(changes: Partial<ServerStatus["settings"]["completion"]>): Facts {
  const { settings } = STATUS;
  return {
    ...RUNNING,
    status: { ...STATUS, settings: { ...settings, completion: { ...settings.completion, ...changes } } },
  };
}

export const WITHOUT_MODEL: Facts = {
  ...RUNNING,
  status: { ...STATUS, model: { error: "The model is not installed" } },
};
