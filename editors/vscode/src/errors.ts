/** Returns what an error says, for the user. */
export function sentence(error: unknown): string {
  return plain(error instanceof Error ? error.message : String(error));
}

/**
 * Returns text for a notification, where VS Code makes links of what Markdown spells so, and runs commands by them. No
 * text that a model or a repository has a part in may do that.
 */
export function plain(text: string): string {
  return text.replaceAll("](", "] (");
}
