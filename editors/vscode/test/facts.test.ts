import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { debounced } from "../src/debounce";
import { FactStore } from "../src/status/facts";

vi.mock("vscode", () => ({
  EventEmitter: class {
    private readonly listeners: ((value: unknown) => void)[] = [];
    event = (listener: (value: unknown) => void): number => this.listeners.push(listener);
    fire(value: unknown): void {
      for (const listener of this.listeners) {
        listener(value);
      }
    }
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function recorded(facts: FactStore): boolean[] {
  const seen: boolean[] = [];
  facts.onDidChange(({ isThinking }) => seen.push(isThinking));
  return seen;
}

const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("a long request is shown as thinking until it ends", async () => {
  const facts = new FactStore();
  const seen = recorded(facts);
  const request = facts.whileThinking(() => after(500));
  await vi.advanceTimersByTimeAsync(400);
  expect(facts.current.isThinking).toBe(true);
  await vi.advanceTimersByTimeAsync(200);
  await request;
  expect(seen).toEqual([true, false]);
});

test("a short request is not shown", async () => {
  const facts = new FactStore();
  const seen = recorded(facts);
  const request = facts.whileThinking(() => after(50));
  await vi.advanceTimersByTimeAsync(1000);
  await request;
  expect(seen).toEqual([]);
});

test("a request that fails does not go on thinking, and its error passes through", async () => {
  const facts = new FactStore();
  const request = facts.whileThinking(async () => {
    await after(500);
    throw new Error("cancelled");
  });
  const failed = expect(request).rejects.toThrow("cancelled");
  await vi.advanceTimersByTimeAsync(600);
  await failed;
  expect(facts.current.isThinking).toBe(false);
});

test("of overlapping requests the last one ends the thinking", async () => {
  const facts = new FactStore();
  const first = facts.whileThinking(() => after(300));
  const second = facts.whileThinking(() => after(600));
  await vi.advanceTimersByTimeAsync(400);
  await first;
  expect(facts.current.isThinking).toBe(true);
  await vi.advanceTimersByTimeAsync(400);
  await second;
  expect(facts.current.isThinking).toBe(false);
});

test("calls are put together by key, and the last one counts", async () => {
  const calls: [string, number][] = [];
  const call = debounced(100, (key: string, value: number) => calls.push([key, value]));
  call("a", 1);
  call("b", 2);
  call("a", 3);
  await vi.advanceTimersByTimeAsync(200);
  expect(calls).toEqual([
    ["b", 2],
    ["a", 3],
  ]);
});

test("calls that wait can be dropped", async () => {
  const action = vi.fn();
  const call = debounced(100, action);
  call("a", 1);
  call.cancel();
  await vi.advanceTimersByTimeAsync(200);
  expect(action).not.toHaveBeenCalled();
});
