/** Words that are put where the user writes, such as a mention that was chosen from a list. */

/** A text, and the offset of the cursor in it. */
export interface Written {
  readonly text: string;
  readonly cursor: number;
}

/** An @ at which a mention begins. */
const ENDS_WITH_AT = /(?:^|\s)@$/;

/** Tells whether what stands before the cursor asks for a mention. */
export function asksForMention(before: string): boolean {
  return ENDS_WITH_AT.test(before);
}

/** Adds a draft to what is written: a command in front of it, a mention at the cursor, in the place of the @ for it. */
export function withDraft({ text, cursor }: Written, draft: string): Written {
  if (draft.startsWith("/")) {
    const all = text.startsWith(draft.trim()) ? text : draft + text;
    return { text: all, cursor: all.length };
  }
  const before = text.slice(0, cursor);
  const kept = draft.startsWith("@") && asksForMention(before) ? before.slice(0, -1) : before;
  // A word would run into the mention.
  const begun = kept + (/\S$/.test(kept) ? " " : "") + draft;
  return { text: begun + text.slice(cursor), cursor: begun.length };
}
