/** A conversation as it is shown, and what becomes of it step by step. */

import type { PlanState } from "../plans/state";
import type { ChatState, ContextItem, Lines, Turn } from "./messages";
import type { ChatAnswer, ChatPart, StoredConversation } from "./protocol";

export const EMPTY: ChatState = { turns: [], isAnswering: false, usage: undefined, attached: "", removed: [] };

/** Adds a message, and the answer that is awaited. */
export function asked(state: ChatState, message: string): ChatState {
  return { ...state, isAnswering: true, turns: [...state.turns, turn("user", message), turn("assistant", "")] };
}

/** Adds a part to the answer. */
export function continued(state: ChatState, part: ChatPart): ChatState {
  return withUsage(
    withAnswer(state, ({ text, context }) => ({
      text: text + part.text,
      context: marked(part.context ?? context, state.removed),
    })),
    part.usedTokens,
    part.contextTokens,
  );
}

/** Puts the whole answer in the place of its parts. */
export function answered(state: ChatState, { message, citations, context, ...usage }: ChatAnswer): ChatState {
  const ended = {
    ...withAnswer(state, () => ({ text: message, citations, context: marked(context, state.removed) })),
    isAnswering: false,
    attached: "",
  };
  return withUsage(ended, usage.usedTokens, usage.contextTokens);
}

/** Shows a plan as the answer. */
export function planned(state: ChatState, plan: PlanState): ChatState {
  return { ...withAnswer(state, () => ({ plan })), isAnswering: false };
}

/** Shows what became of the plan in a turn. */
export function withPlan(state: ChatState, turnIndex: number, plan: PlanState): ChatState {
  return withTurn(state, turnIndex, () => ({ plan }));
}

/** Adds what a command wrote; it goes with the next message. */
export function ran(state: ChatState, command: string, text: string): ChatState {
  return { ...state, attached: `The output of ${command}`, turns: [...state.turns, turn("terminal", text)] };
}

/** Returns what goes with the next message, as `fimble/chat` wants to know it. */
export function attachedMentions({ turns, attached }: ChatState): readonly { kind: "terminal"; text: string }[] {
  const output = turns.findLast(({ role }) => role === "terminal");
  return attached === "" || output === undefined ? [] : [{ kind: "terminal", text: output.text }];
}

/** Ends the answer with what there is of it, and says why. */
export function failed(state: ChatState, problem: string): ChatState {
  return { ...withAnswer(state, () => ({ problem })), isAnswering: false };
}

/** Shows a conversation that was kept, and what was removed from its context. */
export function restored({ messages }: StoredConversation, removed: readonly Lines[]): ChatState {
  const turns = messages.map(({ role, content, citations, complete }) => ({
    ...turn(role, content),
    citations,
    problem: complete ? "" : CANCELLED,
  }));
  return { ...EMPTY, turns, removed };
}

export const CANCELLED = "Stopped.";

/** Removes a piece of context, from all turns that have it and from those to come. */
export function withoutContext(state: ChatState, turnIndex: number, item: number): ChatState {
  const found = state.turns[turnIndex]?.context.find(({ number }) => number === item);
  if (found === undefined) {
    return state;
  }
  const { path, startLine, endLine } = found;
  const removed = [...state.removed, { path, startLine, endLine }];
  return { ...state, removed, turns: state.turns.map((each) => ({ ...each, context: marked(each.context, removed) })) };
}

function marked(context: readonly ContextItem[], removed: readonly Lines[]): readonly ContextItem[] {
  return context.map((each) => ({ ...each, isRemoved: removed.some((lines) => areSame(lines, each)) }));
}

function areSame(one: Lines, other: Lines): boolean {
  return one.path === other.path && one.startLine === other.startLine && one.endLine === other.endLine;
}

function turn(role: Turn["role"], text: string): Turn {
  return { role, text, citations: [], context: [], problem: "" };
}

function withAnswer(state: ChatState, change: (answer: Turn) => Partial<Turn>): ChatState {
  return withTurn(state, state.turns.length - 1, change);
}

function withTurn(state: ChatState, turnIndex: number, change: (turn: Turn) => Partial<Turn>): ChatState {
  const turns = state.turns.map((each, index) => (index === turnIndex ? { ...each, ...change(each) } : each));
  return { ...state, turns };
}

function withUsage(state: ChatState, used: number | undefined, limit: number | undefined): ChatState {
  return used === undefined || limit === undefined ? state : { ...state, usage: { used, limit } };
}
