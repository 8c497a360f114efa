/** Runs a program to its end, line by line. */

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  readonly cwd?: string;
  /** Called with every line of standard error, and with those of standard output too, as they come. */
  readonly onLine?: (line: string) => void;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CAN_GROUP = process.platform !== "win32";

/** The program was ended on the user's wish. */
export class CancelledError extends Error {}

/** A program that could not be started, or that failed; the message is one sentence for the user. */
export class RunError extends Error {}

/** Runs a program without a shell; rejects with `RunError` unless its exit code is 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const result = await finished(command, args, options);
  if (options.signal?.aborted === true) {
    throw new CancelledError();
  }
  if (result.code !== 0) {
    throw new RunError(
      reason(result.stderr) || reason(result.stdout) || `It ended with exit code ${String(result.code)}.`,
    );
  }
  return result;
}

function finished(command: string, args: readonly string[], options: RunOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      // A group of its own, so that what it starts, such as a compiler, ends with it.
      detached: CAN_GROUP,
      env: { ...process.env, PYTHONUNBUFFERED: "1", NO_COLOR: "1" },
    });
    const end = (): void => {
      interrupt(child);
    };
    options.signal?.addEventListener("abort", end, { once: true });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      createInterface({ input: child[name] }).on("line", (line) => {
        output[name] += `${line}\n`;
        options.onLine?.(line);
      });
    }
    child.on("error", (error) => {
      reject(new RunError(`${command} cannot be started: ${error.message}`));
    });
    child.on("close", (code) => {
      options.signal?.removeEventListener("abort", end);
      resolve({ code: code ?? 1, ...output });
    });
  });
}

function interrupt(child: ChildProcess): void {
  if (CAN_GROUP && child.pid !== undefined && child.exitCode === null) {
    process.kill(-child.pid, "SIGINT");
  } else {
    child.kill();
  }
}

/** Returns the last line that calls itself an error; pip lets hints follow it. Without one, the last line. */
function reason(text: string): string {
  const lines = text.trim().split("\n");
  return (lines.findLast((line) => /^error\b/i.test(line)) ?? lines.at(-1) ?? "").trim();
}
