/** What the extension and the page of the chat view tell each other. */

import type { PlanState } from "../plans/state";

/** A place in a file that an answer stands on; lines are 0-based and the end is exclusive. */
export interface Citation {
  readonly number: number;
  readonly path: string;
  readonly uri: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** Something that the model was given with a message. */
export interface ContextItem {
  readonly number: number;
  readonly path: string;
  /** Null for what is no file, which has no lines either. */
  readonly uri: string | null;
  readonly startLine: number;
  readonly endLine: number;
  /** Where it comes from: "question" for what was found, else the kind of a mention. */
  readonly source: string;
  readonly tokens: number;
  /** Whether the user does not want it to be given any more. */
  readonly isRemoved?: boolean;
}

export interface Turn {
  readonly role: "user" | "assistant" | "terminal";
  /** Markdown of the assistant's, else plain text. */
  readonly text: string;
  readonly citations: readonly Citation[];
  readonly context: readonly ContextItem[];
  /** Why there is no answer, or not all of it; empty if nothing is wrong. */
  readonly problem: string;
  readonly plan?: PlanState;
}

/** Everything that the page shows. */
export interface ChatState {
  readonly turns: readonly Turn[];
  readonly isAnswering: boolean;
  /** Tokens of the conversation, and as many as there is room for; undefined before the first answer. */
  readonly usage: { readonly used: number; readonly limit: number } | undefined;
  /** What goes with the next message beside its words, for people; empty for nothing. */
  readonly attached: string;
  /** What the user does not want the model to be given any more. */
  readonly removed: readonly Lines[];
}

/** Lines of a file; 0-based, and the end is exclusive. */
export interface Lines {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

export type ToPage =
  | { readonly kind: "state"; readonly state: ChatState }
  /** The text of the answer that is being written, as far as it is there. */
  | { readonly kind: "text"; readonly text: string }
  /** Puts words where the user writes, and the cursor behind them. */
  | { readonly kind: "draft"; readonly text: string };

export type CodeAction = "copy" | "insert" | "apply";

export type FromPage =
  | { readonly kind: "ready" }
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "cancel" }
  | { readonly kind: "mention" }
  | { readonly kind: "open"; readonly turn: number; readonly citation: number }
  | { readonly kind: "removeContext"; readonly turn: number; readonly item: number }
  | { readonly kind: "code"; readonly action: CodeAction; readonly code: string }
  | { readonly kind: "tick"; readonly turn: number; readonly step: number; readonly isTicked: boolean }
  | { readonly kind: "preview"; readonly turn: number; readonly step: number }
  | { readonly kind: "apply"; readonly turn: number }
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "detach" };
