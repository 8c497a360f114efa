/** A document as an edit would make it. */

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

/** Returns the last line of an answer that says something: what shows that it is being written. */
export function lastLine(text: string): string {
  return (
    text
      .split("\n")
      .findLast((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
