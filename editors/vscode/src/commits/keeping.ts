/** What stood in a commit's input box before Fimble wrote there: nothing that somebody wrote is lost. */

/** Texts that are kept; the oldest make room. */
const MOST = 20;

/**
 * Returns the kept texts, the newest first, after a text of the input box was replaced. What Fimble wrote itself, and
 * nobody changed, is not kept.
 */
export function kept(texts: readonly string[], replaced: string, written: readonly string[]): readonly string[] {
  if (replaced.trim() === "" || written.includes(replaced)) {
    return texts;
  }
  return [replaced, ...texts.filter((text) => text !== replaced)].slice(0, MOST);
}
