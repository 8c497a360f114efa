/** The server's `$/progress` as a list of what it works at. */

import type { Work } from "./view";

/** A value of `$/progress`, as the protocol has it. */
export interface ProgressStep {
  readonly kind: "begin" | "report" | "end";
  readonly title?: string;
  readonly percentage?: number;
  readonly cancellable?: boolean;
}

/** Returns the list after a step of the work that the token names. */
export function withProgress(work: readonly Work[], token: number | string, step: ProgressStep): readonly Work[] {
  const others = work.filter((each) => each.token !== token);
  const before = work.find((each) => each.token === token);
  if (step.kind === "end") {
    return others;
  }
  const title = step.title ?? before?.title ?? "Working";
  return [
    ...others,
    {
      token,
      title: title.replace(/^Fimble: /, "").replace(/^./, (first) => first.toUpperCase()),
      isCancellable: step.cancellable ?? before?.isCancellable ?? false,
      percentage: step.percentage ?? before?.percentage ?? 0,
    },
  ];
}
