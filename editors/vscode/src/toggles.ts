/** Switching suggestions while typing off and on, for a workspace and for a language. */

import { ConfigurationTarget, commands, window, workspace } from "vscode";

import { activeLanguage, type Facts } from "./status/view";

/** Switches for this workspace, or for the user where no folder is open. */
export async function toggleWorkspace({ status }: Facts): Promise<void> {
  if (!workspace.isTrusted) {
    const manage = "Manage Trust";
    const reason = "A workspace that is not trusted has no settings of its own. Trust it, or change the user's.";
    if ((await window.showInformationMessage(reason, manage)) === manage) {
      await commands.executeCommand("workbench.trust.manage");
    }
    return;
  }
  const target = workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  const isEnabled = status?.settings.completion.enabled ?? true;
  await workspace.getConfiguration("fimble").update("completion.enabled", !isEnabled, target);
}

/** Switches for the active file's language, where the list of languages that counts is kept. */
export async function toggleLanguage(facts: Facts): Promise<void> {
  const language = activeLanguage(facts);
  if (language === undefined) {
    void window.showInformationMessage("Open a file in a language that Fimble suggests code for.");
    return;
  }
  const configuration = workspace.getConfiguration("fimble");
  const name = "completion.disabled_languages";
  const ofWorkspace = workspace.isTrusted && configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(
    name,
    toggled(facts.status?.settings.completion.disabled_languages ?? [], language),
    ofWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global,
  );
}

function toggled(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
}
