/** The requests about plans and commands; `docs/protocol.md` describes them. */

import type { WorkspaceEdit } from "vscode-languageclient";

export interface Step {
  readonly id: number;
  readonly action: "create" | "change" | "remove";
  /** Relative to the workspace. */
  readonly path: string;
  readonly what: string;
}

/** Answers `fimble/plan`. */
export interface Plan {
  /** Names it in the other requests. */
  readonly plan: string;
  readonly steps: readonly Step[];
  /** Why the server left something out, each in a sentence. */
  readonly refused: readonly string[];
  readonly testCommand: string | null;
}

/** Answers `fimble/planStep`. */
export interface StepDraft {
  readonly edit: WorkspaceEdit | null;
  readonly how: string;
  readonly problems: readonly string[];
}

/** Answers `fimble/applyPlan`: the edits of all chosen steps as one. */
export interface PlanEdit {
  readonly edit: WorkspaceEdit;
  readonly problems: readonly string[];
}

/** Answers the first `fimble/runCommand`, which runs nothing: what the user has to agree to. */
export interface Consent {
  readonly command: string;
  readonly folder: string;
  readonly consent: string;
}

/** Answers the second `fimble/runCommand`. */
export interface Outcome {
  readonly command: string;
  /** Null for a command whose time was up. */
  readonly exitCode: number | null;
  readonly output: string;
  readonly seconds: number;
}
