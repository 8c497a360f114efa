/** A conversation as it is shown, and what becomes of it step by step. */

import type { ChatState, ContextItem, Turn } from "./messages";
import type { ChatAnswer, ChatPart, StoredConversation } from "./protocol";

export const EMPTY: ChatState = { turns: [], isAnswering: false, usage: undefined };

/** Adds a message, and the answer that is awaited. */
export function asked(state: ChatState, message: string): ChatState {
  return { ...state, isAnswering: true, turns: [...state.turns, turn("user", message), turn("assistant", "")] };
}

/** Adds a part to the answer. */
export function continued(state: ChatState, part: ChatPart): ChatState {
  return withUsage(
    withAnswer(state, ({ text, context }) => ({ text: text + part.text, context: part.context ?? context })),
    part.usedTokens,
    part.contextTokens,
  );
}

/** Puts the whole answer in the place of its parts. */
export function answered(state: ChatState, { message, citations, context, ...usage }: ChatAnswer): ChatState {
  const ended = { ...withAnswer(state, () => ({ text: message, citations, context })), isAnswering: false };
  return withUsage(ended, usage.usedTokens, usage.contextTokens);
}

/** Ends the answer with what there is of it, and says why. */
export function failed(state: ChatState, problem: string): ChatState {
  return { ...withAnswer(state, () => ({ problem })), isAnswering: false };
}

/** Shows a conversation that was kept. */
export function restored({ messages }: StoredConversation): ChatState {
  const turns = messages.map(({ role, content, citations, complete }) => ({
    ...turn(role, content),
    citations,
    problem: complete ? "" : CANCELLED,
  }));
  return { ...EMPTY, turns };
}

export const CANCELLED = "Stopped.";

/** Marks a piece of context as removed. */
export function withoutContext(state: ChatState, turnIndex: number, item: number): ChatState {
  return {
    ...state,
    turns: state.turns.map((each, index) =>
      index === turnIndex
        ? { ...each, context: each.context.map((it) => (it.number === item ? { ...it, isRemoved: true } : it)) }
        : each,
    ),
  };
}

/** Lists what the user has removed, as `fimble/chat` wants to know it. */
export function removedContext({ turns }: ChatState): readonly Pick<ContextItem, "path" | "startLine" | "endLine">[] {
  return turns
    .flatMap(({ context }) => context)
    .filter(({ isRemoved }) => isRemoved === true)
    .map(({ path, startLine, endLine }) => ({ path, startLine, endLine }));
}

function turn(role: Turn["role"], text: string): Turn {
  return { role, text, citations: [], context: [], problem: "" };
}

function withAnswer(state: ChatState, change: (answer: Turn) => Partial<Turn>): ChatState {
  const answer = state.turns.at(-1);
  return answer === undefined
    ? state
    : { ...state, turns: [...state.turns.slice(0, -1), { ...answer, ...change(answer) }] };
}

function withUsage(state: ChatState, used: number | undefined, limit: number | undefined): ChatState {
  return used === undefined || limit === undefined ? state : { ...state, usage: { used, limit } };
}
