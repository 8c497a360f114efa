/** What commands in VS Code's terminals wrote, for `@terminal`; it stays in this window until a message asks for it. */

import { stripVTControlCharacters } from "node:util";

import { window, type Disposable, type Terminal, type TerminalShellExecution } from "vscode";

/** What is most likely asked about, a failure, stands at the end of what a command wrote. */
const MOST_CHARACTERS = 20_000;

const MENTION = /(?<![\w@.])@terminal\b/;

/** Tells whether a message is about what the terminal shows. */
export function mentionsTerminal(message: string): boolean {
  return MENTION.test(message);
}

/** Follows the commands in all terminals whose shell tells VS Code of them (shell integration). */
export class TerminalOutputs implements Disposable {
  /** Commands with what they wrote, as it came. */
  private readonly outputs = new WeakMap<Terminal, string>();
  private last: Terminal | undefined;

  private readonly listener = window.onDidStartTerminalShellExecution(({ terminal, execution }) => {
    void this.follow(terminal, execution);
  });

  /**
   * Returns the last command of the active terminal, or of the one that ran a command last, with what it has written.
   * Throws a sentence for the user where there is none.
   */
  latest(): string {
    const terminal = window.activeTerminal;
    const output = (terminal && this.outputs.get(terminal)) ?? (this.last && this.outputs.get(this.last));
    if (output === undefined) {
      throw new Error(
        "No command ran in a terminal of this window yet, or its shell does not tell VS Code of its commands (shell integration).",
      );
    }
    return shown(output);
  }

  dispose(): void {
    this.listener.dispose();
  }

  private async follow(terminal: Terminal, execution: TerminalShellExecution): Promise<void> {
    const command = `$ ${execution.commandLine.value}\n`;
    this.last = terminal;
    this.outputs.set(terminal, command);
    let written = "";
    for await (const part of execution.read()) {
      written = (written + part).slice(-MOST_CHARACTERS);
      this.outputs.set(terminal, command + written);
    }
  }
}

/** Returns text as a terminal shows it at the end: without colours, and without what a carriage return writes over. */
export function shown(written: string): string {
  return stripVTControlCharacters(written).split("\n").map(shownLine).join("\n");
}

/** Written without a pattern, which would need a time that grows with the square of a long line. */
function shownLine(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") {
    end -= 1;
  }
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}
