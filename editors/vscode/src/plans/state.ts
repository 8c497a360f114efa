/** A plan as it is shown, and what becomes of it step by step. */

import type { Outcome, Plan, Step, StepDraft } from "./protocol";

export interface StepState extends Step {
  readonly isTicked: boolean;
  /** Whether the server has its edit. */
  readonly isDrafted: boolean;
  /** Where its code goes, or what is wrong with it; empty before it is drafted. */
  readonly note: string;
}

/** What the page shows of a plan. */
export interface PlanState {
  readonly steps: readonly StepState[];
  readonly refused: readonly string[];
  /** Whether the model writes one of the steps. */
  readonly isWorking: boolean;
  readonly isApplied: boolean;
  /** A command line that the user may want to run afterwards; empty for none. */
  readonly command: string;
}

/** Returns a plan whose steps are all chosen and not drafted. */
export function begun({ steps, refused, testCommand }: Plan): PlanState {
  return {
    steps: steps.map((step) => ({ ...step, isTicked: true, isDrafted: false, note: "" })),
    refused,
    isWorking: false,
    isApplied: false,
    command: testCommand ?? "",
  };
}

export function withTick(plan: PlanState, id: number, isTicked: boolean): PlanState {
  return withStep(plan, id, { isTicked });
}

/** Takes note of what became of a step; undefined if that was cancelled or failed. */
export function withDraft(plan: PlanState, id: number, draft: StepDraft | undefined): PlanState {
  const note = draft === undefined ? "" : [...draft.problems, draft.how].filter((each) => each !== "").join(" · ");
  return withStep(plan, id, { isDrafted: (draft?.edit ?? null) !== null, note });
}

/** Forgets what was drafted: it was for files that have changed. */
export function undrafted(plan: PlanState): PlanState {
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, isDrafted: false, note: "" })) };
}

export function ticked({ steps }: PlanState): readonly StepState[] {
  return steps.filter(({ isTicked }) => isTicked);
}

/** Returns what a command did, as a terminal would show it. */
export function transcript({ command, output, exitCode, seconds }: Outcome): string {
  const ending = exitCode === null ? "its time was up" : `exit code ${String(exitCode)}`;
  return [`$ ${command}`, output.trimEnd(), `(${ending} after ${seconds.toFixed(1)} s)`]
    .filter((line) => line !== "")
    .join("\n");
}

function withStep(plan: PlanState, id: number, changes: Partial<StepState>): PlanState {
  return { ...plan, steps: plan.steps.map((step) => (step.id === id ? { ...step, ...changes } : step)) };
}
