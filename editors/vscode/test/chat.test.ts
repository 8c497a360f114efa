import { describe, expect, test, vi } from "vitest";

import {
  EMPTY,
  answered,
  asked,
  continued,
  failed,
  removedContext,
  restored,
  withoutContext,
} from "../src/chat/conversation";
import { chatDocument } from "../src/chat/document";
import type { ContextItem } from "../src/chat/messages";

vi.mock("vscode", () => ({}));

const ITEM: ContextItem = {
  number: 1,
  path: "src/app.ts",
  uri: "file:///src/app.ts",
  startLine: 3,
  endLine: 9,
  source: "question",
  tokens: 40,
};
const ANSWER = {
  message: "It starts here [1].",
  citations: [{ number: 1, path: "src/app.ts", uri: "file:///src/app.ts", startLine: 3, endLine: 9 }],
  context: [ITEM],
  usedTokens: 90,
  contextTokens: 8192,
};

describe("a conversation", () => {
  test("shows the context first, then the answer as it is written, then the whole of it", () => {
    let state = asked(EMPTY, "Where does it start?");
    expect(state.isAnswering).toBe(true);
    expect(state.turns.map(({ role }) => role)).toEqual(["user", "assistant"]);
    state = continued(state, { text: "", context: [ITEM], usedTokens: 40, contextTokens: 8192 });
    state = continued(continued(state, { text: "It st" }), { text: "arts" });
    expect(state.turns.at(-1)).toMatchObject({ text: "It starts", context: [ITEM] });
    expect(state.usage).toEqual({ used: 40, limit: 8192 });
    state = answered(state, ANSWER);
    expect(state).toMatchObject({ isAnswering: false, usage: { used: 90 } });
    expect(state.turns.at(-1)).toMatchObject({ text: ANSWER.message, citations: ANSWER.citations });
  });

  test("keeps what was written of an answer that failed, with the reason", () => {
    const state = failed(continued(asked(EMPTY, "Why?"), { text: "Because" }), "Stopped.");
    expect(state.isAnswering).toBe(false);
    expect(state.turns.at(-1)).toMatchObject({ text: "Because", problem: "Stopped." });
  });

  test("leaves out from then on what the user removed", () => {
    const state = answered(asked(EMPTY, "Where?"), ANSWER);
    expect(removedContext(state)).toEqual([]);
    expect(removedContext(withoutContext(state, 1, 1))).toEqual([{ path: "src/app.ts", startLine: 3, endLine: 9 }]);
  });

  test("comes back as it was kept, and says which answers were stopped", () => {
    const message = { role: "assistant", content: "Half", citations: [], complete: false } as const;
    expect(restored({ id: "1", messages: [message] }).turns[0]).toMatchObject({ text: "Half", problem: "Stopped." });
  });
});

describe("mentions", () => {
  test("offer every folder that a file lies in", async () => {
    const { folders } = await import("../src/chat/mentions");
    expect(folders(["src/chat/view.ts", "src/a.ts", "b.ts"])).toEqual(["src/chat", "src"]);
  });
});

test("the document runs the extension's script and nothing else", () => {
  const html = chatDocument({
    nonce: "n0nce",
    source: "vscode:",
    script: "vscode:/chat.js",
    style: "vscode:/chat.css",
  });
  expect(html).toContain(`content="default-src 'none'; style-src vscode:; script-src 'nonce-n0nce'"`);
  expect([...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual([
    '<script nonce="n0nce" src="vscode:/chat.js">',
  ]);
  expect(html).not.toMatch(/\son\w+=|\sstyle=/);
});
