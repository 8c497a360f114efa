/** A document as an edit would make it, and what an edit makes of places in it. */

import type { Position, Range } from "vscode-languageclient";

/** A change of the text between two offsets, which count UTF-16 units. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Returns the text with the changes, which do not overlap; of two at the same place the first comes first. */
export function applied(text: string, changes: readonly Change[]): string {
  let result = "";
  let position = 0;
  for (const change of changes.toSorted((one, other) => one.start - other.start)) {
    result += text.slice(position, change.start) + change.text;
    position = change.end;
  }
  return result + text.slice(position);
}

/**
 * Returns where a range is after a text has come in the place of another range. What comes in at one of its ends is
 * outside; a change across one of its ends is inside, for it may be that of a formatter.
 */
export function moved({ start, end }: Range, change: { readonly range: Range; readonly text: string }): Range {
  const lines = change.text.split("\n");
  const last = lines.at(-1)?.length ?? 0;
  const changeEnd = {
    line: change.range.start.line + lines.length - 1,
    character: lines.length === 1 ? change.range.start.character + last : last,
  };
  const shifted = ({ line, character }: Position): Position => ({
    line: line - change.range.end.line + changeEnd.line,
    character:
      line === change.range.end.line ? character - change.range.end.character + changeEnd.character : character,
  });
  const isBehind = (position: Position): boolean => compare(position, change.range.end) >= 0;
  const newStart =
    compare(start, change.range.start) < 0 ? start : isBehind(start) ? shifted(start) : change.range.start;
  const newEnd = compare(end, change.range.start) <= 0 ? end : isBehind(end) ? shifted(end) : changeEnd;
  return { start: newStart, end: compare(newEnd, newStart) < 0 ? newStart : newEnd };
}

function compare(one: Position, other: Position): number {
  return one.line - other.line || one.character - other.character;
}

/** Returns the last line of an answer that says something: what shows that it is being written. */
export function lastLine(text: string): string {
  return (
    text
      .split("\n")
      .findLast((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
