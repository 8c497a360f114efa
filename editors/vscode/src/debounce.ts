/** Calls that wait until nothing more comes. */

export interface Debounced<Argument> {
  (key: string, argument: Argument): void;
  /** Drops what waits. */
  cancel(): void;
}

/** Returns a function that calls `action` once for each key, with the last argument, after `delay` milliseconds. */
export function debounced<Argument>(
  delay: number,
  action: (key: string, argument: Argument) => void,
): Debounced<Argument> {
  const timers = new Map<string, NodeJS.Timeout>();
  const call = (key: string, argument: Argument): void => {
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        action(key, argument);
      }, delay),
    );
  };
  const cancel = (): void => {
    for (const timer of timers.values()) {
      clearTimeout(timer);
    }
    timers.clear();
  };
  return Object.assign(call, { cancel });
}
