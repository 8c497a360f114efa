import { describe, expect, test, vi } from "vitest";

import {
  EMPTY,
  answered,
  asked,
  attachedMentions,
  continued,
  failed,
  planned,
  ran,
  restored,
  withPlan,
  withoutContext,
} from "../src/chat/conversation";
import { withDraft } from "../src/chat/page/draft";
import { sentence } from "../src/errors";
import { chatDocument } from "../src/chat/document";
import type { ContextItem } from "../src/chat/messages";
import { begun } from "../src/plans/state";

vi.mock("vscode", () => ({ window: {} }));

const LINES = { path: "src/app.ts", startLine: 3, endLine: 9 };
const CITATION = { ...LINES, number: 1, uri: "file:///src/app.ts" };
const ITEM: ContextItem = { ...CITATION, source: "question", tokens: 40 };
const ANSWER = {
  message: "It starts here [1].",
  citations: [CITATION],
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
    expect(state.removed).toEqual([]);
    expect(withoutContext(state, 1, 1).removed).toEqual([LINES]);
  });

  test("leaves out also what is removed while the answer is written, and what was removed before a restart", () => {
    const shown = continued(asked(EMPTY, "Where?"), { text: "", context: [ITEM] });
    const state = answered(withoutContext(shown, 1, 1), ANSWER);
    expect(state.removed).toEqual([LINES]);
    expect(state.turns.at(-1)?.context).toEqual([{ ...ITEM, isRemoved: true }]);
    const again = continued(asked(restored({ id: "1", messages: [] }, [LINES]), "Where?"), {
      text: "",
      context: [ITEM],
    });
    expect(again.turns.at(-1)?.context).toEqual([{ ...ITEM, isRemoved: true }]);
  });

  test("gives what a command wrote to the next message, and to no other", () => {
    let state = ran(EMPTY, "make test", "$ make test\n2 failed");
    expect(attachedMentions(EMPTY)).toEqual([]);
    expect(state.turns.map(({ role, text }) => [role, text])).toEqual([["terminal", "$ make test\n2 failed"]]);
    expect(attachedMentions(state)).toEqual([{ kind: "terminal", text: "$ make test\n2 failed" }]);
    state = failed(asked(state, "Why?"), "Stopped.");
    expect(attachedMentions(state)).toHaveLength(1);
    state = answered(asked(state, "Why?"), ANSWER);
    expect(attachedMentions(state)).toEqual([]);
  });

  test("keeps what becomes of a plan in its turn", () => {
    const plan = begun({ plan: "plan1", steps: [], refused: [], testCommand: "make test" });
    let state = planned(asked(EMPTY, "/plan Do it"), plan);
    expect(state.isAnswering).toBe(false);
    state = withPlan(asked(state, "Why?"), 1, { ...plan, isApplied: true });
    expect(state.turns.map((turn) => turn.plan?.isApplied)).toEqual([undefined, true, undefined, undefined]);
  });

  test("comes back as it was kept, and says which answers were stopped", () => {
    const message = { role: "assistant", content: "Half", citations: [], complete: false } as const;
    expect(restored({ id: "1", messages: [message] }, []).turns[0]).toMatchObject({
      text: "Half",
      problem: "Stopped.",
    });
  });
});

describe("what a terminal shows", () => {
  test.each([
    ["\u001b[31m2 failed\u001b[0m\r\n", "2 failed\n"],
    ["10 %\r50 %\r100 %\r\ndone\r\n", "100 %\ndone\n"],
    ["\u001b]633;C\u0007one\r\r\ntwo", "one\ntwo"],
  ])("is %j as text", async (written, text) => {
    const { shown } = await import("../src/chat/terminals");
    expect(shown(written)).toBe(text);
  });

  test.each([
    ["Why did @terminal fail?", true],
    ["@terminal", true],
    ["Mail me@terminal.org", false],
    ["@terminals", false],
  ])("is asked about by %j: %s", async (message, expected) => {
    const { mentionsTerminal } = await import("../src/chat/terminals");
    expect(mentionsTerminal(message)).toBe(expected);
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

describe("a draft", () => {
  test("of a command stands in front of what is written, once", () => {
    expect(withDraft({ text: "why", cursor: 3 }, "/plan ")).toEqual({ text: "/plan why", cursor: 9 });
    expect(withDraft({ text: "/plan why", cursor: 2 }, "/plan ")).toEqual({ text: "/plan why", cursor: 9 });
  });

  test("of a mention stands at the cursor, apart from words, and in the place of the @ that asked for it", () => {
    expect(withDraft({ text: "", cursor: 0 }, "@selection ")).toEqual({ text: "@selection ", cursor: 11 });
    expect(withDraft({ text: "why not", cursor: 3 }, "@diff ")).toEqual({ text: "why @diff  not", cursor: 10 });
    expect(withDraft({ text: "see @", cursor: 5 }, "@file:a.ts ")).toEqual({ text: "see @file:a.ts ", cursor: 15 });
    expect(withDraft({ text: "me@", cursor: 3 }, "@diff ")).toEqual({ text: "me@ @diff ", cursor: 10 });
  });
});

test("what a model wrote runs nothing in a notification", () => {
  expect(sentence(new Error("see [this](command:fimble.run)"))).toBe("see [this] (command:fimble.run)");
});
