/** The requests `fimble/chat`, `fimble/conversations` and `fimble/conversation`; `docs/protocol.md` describes them. */

import type { Part } from "../session";
import type { Citation, ContextItem } from "./messages";

/** Answers `fimble/chat`. */
export interface ChatAnswer {
  /** Markdown; takes the place of the text that was streamed. */
  readonly message: string;
  readonly citations: readonly Citation[];
  readonly context: readonly ContextItem[];
  readonly usedTokens: number;
  readonly contextTokens: number;
}

/** A part of an answer that is still being written; the context comes first, with an empty text. */
export interface ChatPart extends Part {
  readonly context?: readonly ContextItem[];
  readonly usedTokens?: number;
  readonly contextTokens?: number;
}

/** One of the conversations that `fimble/conversations` lists, the newest first. */
export interface ConversationSummary {
  readonly id: string;
  readonly title: string;
  /** Seconds since 1970. */
  readonly updated: number;
  readonly messages: number;
}

/** Answers `fimble/conversation`. */
export interface StoredConversation {
  readonly id: string;
  readonly messages: readonly {
    readonly role: "user" | "assistant";
    readonly content: string;
    readonly citations: readonly Citation[];
    readonly complete: boolean;
  }[];
}
