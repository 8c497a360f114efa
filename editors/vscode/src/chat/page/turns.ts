/** The conversation on the page. */

import type { Citation, ContextItem, Turn } from "../messages";
import { render } from "../../markdown";
import { planElement } from "./plan";

/** Pixels above the end of the conversation where a reader still follows it. */
const AT_THE_END = 40;

export class TurnList {
  private shown: string[] = [];
  private streamed: string | undefined;

  constructor(readonly container: HTMLElement) {}

  /** Shows the turns; those that are the same as before keep their elements, and with them focus and selection. */
  show(turns: readonly Turn[], isAnswering: boolean): void {
    this.streamed = undefined;
    this.following(() => {
      const keys = turns.map((turn) => JSON.stringify(turn));
      keys.forEach((key, index) => {
        const turn = turns[index];
        if (key !== this.shown[index] && turn !== undefined) {
          this.put(index, turnElement(turn));
        }
      });
      while (this.container.children.length > turns.length) {
        this.container.lastElementChild?.remove();
      }
      this.shown = keys;
      this.container.ariaBusy = String(isAnswering);
    });
  }

  /** Shows the text of the last turn as far as it is written, once a frame. */
  stream(text: string): void {
    const isWaiting = this.streamed !== undefined;
    this.streamed = text;
    if (!isWaiting) {
      requestAnimationFrame(() => {
        const body = this.container.lastElementChild?.querySelector(".body");
        const latest = this.streamed;
        this.streamed = undefined;
        if (body && latest !== undefined) {
          this.following(() => {
            body.innerHTML = render(latest, { places: new Map(), hasActions: false });
          });
        }
      });
    }
  }

  /** Returns the number of the turn that an element belongs to, -1 for none. */
  indexOf(element: Element | null): number {
    const turn = element?.closest("article");
    return turn ? [...this.container.children].indexOf(turn) : -1;
  }

  private put(index: number, element: HTMLElement): void {
    const old = this.container.children[index];
    if (old === undefined) {
      this.container.append(element);
    } else {
      const focused = old.contains(document.activeElement) ? document.activeElement?.getAttribute("name") : null;
      const [before, after] = [old.querySelector("details"), element.querySelector("details")];
      const wasInContext = before?.contains(document.activeElement) === true;
      if (after !== null) {
        after.open = before?.open === true;
      }
      old.replaceWith(element);
      if (wasInContext) {
        after?.querySelector("summary")?.focus();
      }
      [...element.querySelectorAll<HTMLElement>("[name]")]
        .find((each) => each.getAttribute("name") === focused)
        ?.focus();
    }
  }

  /** Changes the conversation, and stays at its end if the reader was there. */
  private following(change: () => void): void {
    const { container } = this;
    const wasAtTheEnd = container.scrollHeight - container.scrollTop - container.clientHeight < AT_THE_END;
    change();
    if (wasAtTheEnd) {
      container.scrollTop = container.scrollHeight;
    }
  }
}

const SPEAKERS: Readonly<Record<Turn["role"], string>> = { user: "You", assistant: "Fimble", terminal: "Output" };

function turnElement(turn: Turn): HTMLElement {
  const article = document.createElement("article");
  article.className = turn.role;
  article.ariaLabel = SPEAKERS[turn.role];
  const body = document.createElement("div");
  body.className = "body";
  if (turn.role === "assistant") {
    const places = new Map(turn.citations.map((each) => [each.number, place(each)]));
    body.innerHTML = render(turn.text, { places, hasActions: true });
  } else {
    body.textContent = turn.text;
  }
  article.append(body, ...(turn.plan === undefined ? [] : [planElement(turn.plan)]));
  article.append(...citations(turn.citations), ...problem(turn.problem), ...context(turn.context));
  return article;
}

function citations(cited: readonly Citation[]): readonly HTMLElement[] {
  if (cited.length === 0) {
    return [];
  }
  const list = document.createElement("ol");
  list.className = "citations";
  for (const citation of cited) {
    const item = document.createElement("li");
    item.value = citation.number;
    const button = document.createElement("button");
    button.dataset["citation"] = String(citation.number);
    button.textContent = place(citation);
    item.append(button);
    list.append(item);
  }
  return [list];
}

function problem(text: string): readonly HTMLElement[] {
  if (text === "") {
    return [];
  }
  const paragraph = document.createElement("p");
  paragraph.className = "problem";
  paragraph.setAttribute("role", "alert");
  paragraph.textContent = text;
  return [paragraph];
}

function context(items: readonly ContextItem[]): readonly HTMLElement[] {
  if (items.length === 0) {
    return [];
  }
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = `Context: ${String(items.reduce((sum, { tokens }) => sum + tokens, 0))} tokens`;
  const list = document.createElement("ul");
  list.append(
    ...items.map((each) => {
      const item = document.createElement("li");
      item.classList.toggle("removed", each.isRemoved === true);
      item.append(`${each.uri === null ? each.path : place(each)}, ${String(each.tokens)} tokens (${each.source})`);
      if (each.uri !== null && each.isRemoved !== true) {
        const remove = document.createElement("button");
        remove.dataset["remove"] = String(each.number);
        remove.textContent = "×";
        remove.title = "Leave it out from now on";
        remove.ariaLabel = `Leave ${place(each)} out from now on`;
        item.append(remove);
      }
      return item;
    }),
  );
  details.append(summary, list);
  return [details];
}

function place({ path, startLine, endLine }: Pick<Citation, "path" | "startLine" | "endLine">): string {
  return endLine - startLine > 1
    ? `${path}:${String(startLine + 1)}-${String(endLine)}`
    : `${path}:${String(startLine + 1)}`;
}
