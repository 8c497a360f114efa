import type { Range } from "vscode";
import type { Range as PlainRange } from "vscode-languageclient";

/** Returns a range as the protocol has it. */
export function plainRange({ start, end }: Range): PlainRange {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}
