/** What the status bar says, from what is known. */

/** The server's answer to `fimble.status`, as far as it is used here. */
export interface ServerStatus {
  readonly version: string;
  readonly model: { readonly file?: string; readonly error?: string };
  readonly engine: Readonly<Record<string, unknown>>;
  readonly indexes: readonly { readonly root: string; readonly ready: boolean; readonly state: string }[];
  readonly accepted: number;
  /** Fimble's names of languages, by what editors call them. */
  readonly languages: Readonly<Record<string, string>>;
  /** The settings in effect, of all files and of the editor. */
  readonly settings: {
    readonly completion: { readonly enabled: boolean; readonly disabled_languages: readonly string[] };
    readonly index: { readonly enabled: boolean };
  };
}

/** What the server works at in the background. */
export interface Work {
  readonly token: number | string;
  readonly title: string;
  readonly isCancellable: boolean;
  /** 0 to 100; 0 also where nobody knows. */
  readonly percentage: number;
}

/** Tells whether a work is that of an index, which can be stopped; a plan's command can be, too. */
export function isIndexing({ title, isCancellable }: Work): boolean {
  return isCancellable && title.startsWith("Indexing ");
}

/** Unknown until it is looked for. */
export type ServerState = "unknown" | "missing" | "starting" | "running" | "stopped";

export interface Facts {
  readonly server: ServerState;
  /** Why there is no server, if it is missing. */
  readonly reason: string;
  readonly status: ServerStatus | undefined;
  readonly work: readonly Work[];
  readonly isThinking: boolean;
  /** What VS Code calls the active file's language; undefined without a file. */
  readonly languageId: string | undefined;
}

export interface View {
  readonly kind: "missing" | "starting" | "stopped" | "no model" | "off" | "thinking" | "working" | "ready";
  readonly text: string;
  readonly tooltip: string;
  readonly isWarning: boolean;
}

/** Returns Fimble's name of the active file's language; undefined for one that it does not know. */
export function activeLanguage({ status, languageId }: Facts): string | undefined {
  return status?.languages[languageId ?? ""];
}

const STARTING = quiet("starting", "$(loading~spin) Fimble", "The server starts.");

/** Returns what to show: the first thing that keeps suggestions away, else what goes on, else that all is well. */
export function view(facts: Facts): View {
  switch (facts.server) {
    case "missing":
      return warning("missing", "$(warning) Fimble: not installed", facts.reason);
    case "stopped":
      return warning("stopped", "$(error) Fimble: stopped", "The server has ended. Restart it from the menu.");
    case "unknown":
    case "starting":
      return STARTING;
    case "running":
      // Before the server has told its state nobody knows what it will do.
      return facts.status === undefined ? STARTING : runningView(facts);
  }
}

function runningView(facts: Facts): View {
  const { status, work, isThinking } = facts;
  const problem = status?.model.error;
  if (problem !== undefined) {
    return warning("no model", "$(warning) Fimble: no model", problem);
  }
  const completion = status?.settings.completion;
  if (completion?.enabled === false) {
    return quiet("off", "$(circle-slash) Fimble", "Suggestions while typing are switched off here.");
  }
  const language = activeLanguage(facts);
  if (language !== undefined && completion?.disabled_languages.includes(language) === true) {
    return quiet("off", "$(circle-slash) Fimble", `Suggestions while typing are switched off for ${language}.`);
  }
  if (isThinking) {
    return quiet("thinking", "$(loading~spin) Fimble", "Thinking of a suggestion.");
  }
  const current = work.at(-1);
  if (current !== undefined) {
    const percentage = current.percentage > 0 ? ` ${String(current.percentage)}%` : "";
    return quiet("working", `$(sync~spin) Fimble${percentage}`, `${current.title}${percentage}`);
  }
  return quiet("ready", "$(sparkle) Fimble", "Ready: suggestions come while you type.");
}

function quiet(kind: View["kind"], text: string, tooltip: string): View {
  return { kind, text, tooltip, isWarning: false };
}

function warning(kind: View["kind"], text: string, tooltip: string): View {
  return { kind, text, tooltip, isWarning: true };
}
