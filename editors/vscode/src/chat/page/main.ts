/** The script of the chat view: shows the state, and tells the extension what the user does. */

import type { ChatState, CodeAction, FromPage, ToPage } from "../messages";
import { asksForMention, withDraft } from "./draft";
import { TurnList } from "./turns";

/** What is left of the page when its view was hidden. */
interface Kept {
  readonly message: string;
}

declare function acquireVsCodeApi(): {
  postMessage: (message: FromPage) => void;
  getState: () => Kept | undefined;
  setState: (state: Kept) => void;
};

const vscode = acquireVsCodeApi();
const turns = new TurnList(element("turns", HTMLElement));
const composer = element("composer", HTMLFormElement);
const message = element("message", HTMLTextAreaElement);
const usage = element("usage", HTMLMeterElement);
const usageText = element("usage-text", HTMLElement);
const cancel = element("cancel", HTMLElement);
const send = element("send", HTMLElement);
const attached = element("attached", HTMLElement);
const attachedText = element("attached-text", HTMLElement);

let isAnswering = false;

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.kind) {
    case "state":
      show(data.state);
      break;
    case "text":
      turns.stream(data.text);
      break;
    case "draft":
      if (data.text !== "") {
        const { text, cursor } = withDraft({ text: message.value, cursor: message.selectionEnd }, data.text);
        message.value = text;
        message.setSelectionRange(cursor, cursor);
        written();
      }
      message.focus();
      break;
  }
});

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (text !== "" && !isAnswering) {
    tell({ kind: "send", text });
    message.value = "";
    written();
  }
});

message.addEventListener("input", () => {
  written();
  if (asksForMention(message.value.slice(0, message.selectionStart))) {
    tell({ kind: "mention" });
  }
});

message.addEventListener("keydown", (event) => {
  // While a character is being composed, Enter belongs to the input method.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isAnswering) {
    tell({ kind: "cancel" });
  }
});

cancel.addEventListener("click", () => {
  tell({ kind: "cancel" });
});

element("mention", HTMLElement).addEventListener("click", () => {
  tell({ kind: "mention" });
});

element("detach", HTMLElement).addEventListener("click", () => {
  tell({ kind: "detach" });
});

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  const turn = turns.indexOf(button);
  const { citation, action, remove, preview } = button?.dataset ?? {};
  if (citation !== undefined) {
    tell({ kind: "open", turn, citation: Number(citation) });
  } else if (remove !== undefined) {
    tell({ kind: "removeContext", turn, item: Number(remove) });
  } else if (action !== undefined) {
    const code = button?.closest("figure")?.querySelector("code")?.textContent ?? "";
    tell({ kind: "code", action: action as CodeAction, code });
  } else if (preview !== undefined) {
    tell({ kind: "preview", turn, step: Number(preview) });
  } else if (button?.name === "apply") {
    tell({ kind: "apply", turn });
  } else if (button?.name === "run") {
    run(button.form);
  }
});

document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset["tick"] !== undefined) {
    const { tick } = target.dataset;
    tell({ kind: "tick", turn: turns.indexOf(target), step: Number(tick), isTicked: target.checked });
  }
});

// Enter in the line of a plan's command.
turns.container.addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.target instanceof HTMLFormElement ? event.target : null);
});

function run(plan: HTMLFormElement | null): void {
  const command = plan?.elements.namedItem("command");
  if (command instanceof HTMLInputElement && command.value.trim() !== "" && !isAnswering) {
    tell({ kind: "run", command: command.value.trim() });
  }
}

function show(state: ChatState): void {
  isAnswering = state.isAnswering;
  cancel.hidden = !isAnswering;
  send.hidden = isAnswering;
  turns.show(state.turns, isAnswering);
  attached.hidden = state.attached === "";
  attachedText.textContent = `${state.attached} goes with the next message.`;
  usage.hidden = state.usage === undefined;
  usageText.textContent = "";
  if (state.usage !== undefined) {
    const { used, limit } = state.usage;
    usage.max = limit;
    usage.high = 0.9 * limit;
    usage.value = used;
    usageText.textContent = `${String(used)} of ${String(limit)} tokens`;
  }
}

/** Keeps what is written for when the view is hidden, and makes the field as high as its text, as the style allows. */
function written(): void {
  vscode.setState({ message: message.value });
  message.style.height = "auto";
  message.style.height = `${String(message.scrollHeight)}px`;
}

function tell(what: FromPage): void {
  vscode.postMessage(what);
}

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${id}.`);
  }
  return found;
}

message.value = vscode.getState()?.message ?? "";
written();
message.focus();
tell({ kind: "ready" });
