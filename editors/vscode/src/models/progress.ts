/** What `fimble models pull --progress` tells on standard error: lines of JSON for a bar, other lines for people. */

export type Told =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "line"; readonly line: string };

/** Reads a line; `done` and `total` are bytes. */
export function readLine(line: string): Told {
  if (line.startsWith("{")) {
    try {
      const { done, total } = JSON.parse(line) as Record<string, unknown>;
      if (typeof done === "number" && typeof total === "number" && total > 0) {
        return { kind: "progress", done, total };
      }
    } catch {
      // A line for people may begin with a brace, too.
    }
  }
  return { kind: "line", line };
}

/** Returns how far a bar has to move on from `shown`, in percent, and what stands beside it. */
export function step(done: number, total: number, shown: number): { increment: number; message: string } {
  const percentage = Math.floor((100 * done) / total);
  return {
    increment: Math.max(0, percentage - shown),
    message: `${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`,
  };
}
