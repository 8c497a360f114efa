/** The menu behind the status bar item: what can be done now. */

import { activeLanguage, isIndexing, type Facts } from "./view";

export interface MenuItem {
  readonly label: string;
  readonly description?: string;
  /** The command to run. */
  readonly command: string;
}

/** Returns the entries; what sets right what is wrong comes first. */
export function menuItems(facts: Facts): readonly MenuItem[] {
  return [...remedies(facts), ...(facts.server === "running" ? actions(facts) : []), ...ALWAYS];
}

const ALWAYS: readonly MenuItem[] = [
  { label: "$(settings-gear) Settings", command: "fimble.openSettings" },
  { label: "$(output) Log", command: "fimble.showLog" },
  { label: "$(book) Getting started", command: "fimble.openWalkthrough" },
];

function remedies({ server, status }: Facts): readonly MenuItem[] {
  if (server === "missing") {
    return [{ label: "$(cloud-download) Install the server…", command: "fimble.install" }];
  }
  if (server === "stopped") {
    return [{ label: "$(debug-restart) Restart the server", command: "fimble.restart" }];
  }
  if (status?.model.error !== undefined) {
    return [{ label: "$(package) Choose a model…", description: status.model.error, command: "fimble.chooseModel" }];
  }
  return [];
}

function actions(facts: Facts): readonly MenuItem[] {
  return [
    ...toggles(facts),
    { label: "$(question) Why this suggestion", command: "fimble.explain" },
    { label: "$(graph) Statistics", command: "fimble.showStatistics" },
    ...indexing(facts),
    { label: "$(package) Models…", command: "fimble.chooseModel" },
    { label: "$(debug-restart) Restart the server", command: "fimble.restart" },
  ];
}

function toggles(facts: Facts): readonly MenuItem[] {
  const completion = facts.status?.settings.completion;
  const language = activeLanguage(facts);
  if (completion === undefined) {
    return [];
  }
  const workspace: MenuItem = completion.enabled
    ? { label: "$(circle-slash) Suggest nothing in this workspace", command: "fimble.toggleWorkspace" }
    : { label: "$(check) Suggest code in this workspace", command: "fimble.toggleWorkspace" };
  if (language === undefined) {
    return [workspace];
  }
  const label = completion.disabled_languages.includes(language)
    ? `$(check) Suggest code for ${language}`
    : `$(circle-slash) Suggest nothing for ${language}`;
  return [workspace, { label, command: "fimble.toggleLanguage" }];
}

function indexing({ status, work }: Facts): readonly MenuItem[] {
  if (work.some(isIndexing)) {
    return [{ label: "$(debug-stop) Stop indexing", command: "fimble.cancelIndexing" }];
  }
  return status?.settings.index.enabled === true
    ? [{ label: "$(sync) Look at all files again", command: "fimble.updateWorkspaceIndex" }]
    : [];
}
