/** Commands on code: chosen by the user, asked of the server, and shown before anything is changed. */

import { commands, window, type TextDocument } from "vscode";

import { isRead } from "../documents";
import { plain, sentence } from "../errors";
import { showProse } from "../explanation/panel";
import { plainRange } from "../ranges";
import type { Session } from "../session";
import { ask } from "./asking";
import { converted } from "./conversion";
import { applyEdit, type Previews } from "./preview";
import type { EditCommand, EditRequest, Proposal } from "./protocol";
import { TrackedRange } from "./tracking";

export interface Editing {
  readonly session: Session;
  readonly previews: Previews;
}

/** Runs a command on the selection, or on what the cursor is in; without a name the user chooses from all. */
export async function editSelection(editing: Editing, name?: string): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined || !isRead(editor.document)) {
    void window.showInformationMessage("Open a file and select code, or put the cursor into it.");
    return;
  }
  const command = await chooseCommand(editing.session, editor.document, name);
  if (command !== undefined) {
    await edit(editing, command, {
      textDocument: { uri: editor.document.uri.toString() },
      range: plainRange(editor.selection),
      command: command.name,
    });
  }
}

/** Runs what a code action of the server asks for. */
export async function runCodeAction(editing: Editing, request: EditRequest): Promise<void> {
  const command = (await available(editing.session, request.textDocument.uri)).find(
    ({ name }) => name === request.command,
  );
  if (command !== undefined) {
    await edit(editing, command, request);
  }
}

async function chooseCommand(
  session: Session,
  document: TextDocument,
  name: string | undefined,
): Promise<EditCommand | undefined> {
  const found = await available(session, document.uri.toString());
  if (name !== undefined) {
    return found.find((each) => each.name === name);
  }
  const items = found.map((command) => ({
    label: command.title,
    description: command.fromRepository ? `${command.name}, of this repository` : command.name,
    command,
  }));
  return (await window.showQuickPick(items, { title: "Change or explain code", matchOnDescription: true }))?.command;
}

async function available(session: Session, uri: string): Promise<readonly EditCommand[]> {
  try {
    return await session.request<EditCommand[]>("fimble/commands", { textDocument: { uri } });
  } catch (error) {
    void window.showErrorMessage(sentence(error));
    return [];
  }
}

async function edit(editing: Editing, command: EditCommand, request: EditRequest, before?: string): Promise<void> {
  const range = new TrackedRange(request.textDocument.uri, request.range);
  let isShown = false;
  try {
    isShown = await propose(editing, { command, request, range, before });
  } finally {
    if (!isShown) {
      range.dispose();
    }
  }
}

/** What is asked for. */
interface Wish {
  readonly command: EditCommand;
  readonly request: EditRequest;
  readonly range: TrackedRange;
  /** The user's words of the time before. */
  readonly before: string | undefined;
}

/** Asks for an edit and shows it, until the end of which the range is needed; false if there is none to show. */
async function propose(editing: Editing, { command, request, range, before }: Wish): Promise<boolean> {
  const isRetry = before !== undefined;
  let instruction = before ?? request.instruction ?? "";
  if (command.instruction === "required" || (isRetry && command.instruction === "optional")) {
    const answer = await window.showInputBox({
      title: command.title,
      prompt: isRetry ? "What should be different?" : "What is to be done with the code?",
      value: instruction,
      ignoreFocusOut: true,
    });
    if (answer === undefined) {
      return false;
    }
    instruction = answer;
  }
  const asked = { ...request, range: range.current, instruction };
  const proposal = await ask<Proposal>(editing.session, command.title, "fimble/edit", asked);
  if (proposal !== undefined) {
    await tell(proposal);
  }
  if (!proposal?.edit) {
    return false;
  }
  const { title, problems } = proposal;
  await editing.previews.show({
    ...(await converted(editing.session, proposal.edit)),
    command: title,
    range,
    accept: applyEdit,
    retry: () => edit(editing, command, { ...request, range: range.current }, instruction),
  });
  if (problems.length > 0) {
    void window.showWarningMessage(plain(problems.join(" ")));
  }
  return true;
}

/** Shows what is said beside an edit, or instead of it. */
async function tell({ title, answer, remarks, notice }: Proposal): Promise<void> {
  if (answer !== "") {
    showProse(title, answer);
  }
  if (remarks.length > 0) {
    await commands.executeCommand("workbench.actions.view.problems");
  }
  if (notice !== "") {
    void window.showInformationMessage(plain(notice));
  }
}
