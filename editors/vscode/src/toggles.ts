/** Switching suggestions while typing off and on, for a workspace and for a language. */

import { ConfigurationTarget, workspace } from "vscode";

import { activeLanguage, type Facts } from "./status/view";

/** Switches for this workspace, or for the user where no folder is open. */
export async function toggleWorkspace({ status }: Facts): Promise<void> {
  const target = workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  const isEnabled = status?.settings.completion.enabled ?? true;
  await workspace.getConfiguration("fimble").update("completion.enabled", !isEnabled, target);
}

/** Switches for the active file's language, where the list of languages that counts is kept. */
export async function toggleLanguage(facts: Facts): Promise<void> {
  const language = activeLanguage(facts);
  if (language === undefined) {
    return;
  }
  const configuration = workspace.getConfiguration("fimble");
  const name = "completion.disabled_languages";
  const ofWorkspace = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(
    name,
    toggled(facts.status?.settings.completion.disabled_languages ?? [], language),
    ofWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global,
  );
}

function toggled(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
}
