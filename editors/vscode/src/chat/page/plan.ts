/** A plan on the page: its steps to tick and to look at, and what is done with all of them. */

import type { PlanState, StepState } from "../../plans/state";

/** Makes the element of a plan. Its controls have names, by which the focus finds them again. */
export function planElement(plan: PlanState): HTMLElement {
  const form = document.createElement("form");
  form.className = "plan";
  const steps = document.createElement("ol");
  steps.append(...plan.steps.map((step) => stepElement(step, plan.isWorking)));
  form.append(steps, ...plan.refused.map((reason) => paragraph("note", `Left out: ${reason}`)));
  const count = plan.steps.filter(({ isTicked }) => isTicked).length;
  const apply = button("apply", `Apply ${String(count)} ${count === 1 ? "step" : "steps"}…`);
  apply.title = "Show all of it as one change, to accept or to reject";
  apply.disabled = plan.isWorking || count === 0;
  form.append(apply, ...(plan.isApplied ? [commandElement(plan.command)] : []));
  return form;
}

function stepElement({ id, action, path, what, isTicked, note }: StepState, isWorking: boolean): HTMLElement {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.name = `tick ${String(id)}`;
  box.dataset["tick"] = String(id);
  box.checked = isTicked;
  const file = document.createElement("code");
  file.textContent = path;
  label.append(box, ` ${action} `, file, `: ${what} `);
  const preview = button(`preview ${String(id)}`, "Preview");
  preview.dataset["preview"] = String(id);
  preview.ariaLabel = `Preview step ${String(id)}`;
  preview.disabled = isWorking;
  item.append(label, preview, ...(note === "" ? [] : [paragraph("note", note)]));
  return item;
}

/** Makes the line in which the user says what is to be run, if anything is. */
function commandElement(command: string): HTMLElement {
  const line = document.createElement("div");
  line.className = "command";
  const field = document.createElement("input");
  field.name = "command";
  field.value = command;
  field.ariaLabel = "Command to run";
  field.placeholder = "A command to run, such as the tests";
  line.append("Applied. ", field, button("run", "Run…"));
  return line;
}

function button(name: string, text: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.name = name;
  element.textContent = text;
  return element;
}

function paragraph(className: string, text: string): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
