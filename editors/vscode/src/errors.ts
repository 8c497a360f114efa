/** Returns what an error says, for the user. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
