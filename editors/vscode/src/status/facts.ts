/** What is known of the server at this moment, and who wants to hear of it. */

import { EventEmitter, type Disposable, type Event } from "vscode";

import { withProgress, type ProgressStep } from "./progress";
import type { Facts } from "./view";

/** Shorter thinking is not shown: it would flicker at every key. */
const WORTH_SHOWING_MS = 150;

const NOTHING: Facts = {
  server: "unknown",
  reason: "",
  status: undefined,
  work: [],
  isThinking: false,
  languageId: undefined,
};

export class FactStore implements Disposable {
  private readonly emitter = new EventEmitter<Facts>();
  readonly onDidChange: Event<Facts> = this.emitter.event;
  private facts = NOTHING;
  private pending = 0;

  get current(): Facts {
    return this.facts;
  }

  update(changes: Partial<Facts>): void {
    this.facts = { ...this.facts, ...changes };
    this.emitter.fire(this.facts);
  }

  /** Takes note of a step of the server's work. */
  progressed(token: number | string, step: ProgressStep): void {
    this.update({ work: withProgress(this.facts.work, token, step) });
  }

  /** Shows that a suggestion is being thought of until the request ends, however it ends. */
  async whileThinking<Answer>(request: () => PromiseLike<Answer> | Answer): Promise<Answer> {
    this.pending += 1;
    const timer = setTimeout(() => {
      this.update({ isThinking: true });
    }, WORTH_SHOWING_MS);
    try {
      return await request();
    } finally {
      clearTimeout(timer);
      this.pending -= 1;
      if (this.pending === 0 && this.facts.isThinking) {
        this.update({ isThinking: false });
      }
    }
  }

  dispose(): void {
    this.emitter.dispose();
  }
}
