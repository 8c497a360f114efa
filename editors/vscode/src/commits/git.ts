/** The part of the interface of VS Code's own git extension that is used here. */

import { extensions, window, type Uri } from "vscode";

export interface Repository {
  readonly rootUri: Uri;
  readonly inputBox: { value: string };
  readonly state: { readonly indexChanges: readonly unknown[]; readonly workingTreeChanges: readonly unknown[] };
}

interface Git {
  readonly repositories: readonly Repository[];
  getRepository: (uri: Uri) => Repository | null;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI: (version: 1) => Git;
}

/** Returns the repository of a folder; without one that of the active file, or else the one that the user chooses. */
export async function findRepository(root: Uri | undefined): Promise<Repository | undefined> {
  const extension = extensions.getExtension<GitExtension>("vscode.git");
  const exported = await extension?.activate();
  if (exported?.enabled !== true) {
    void window.showInformationMessage("VS Code's git extension is switched off.");
    return undefined;
  }
  const git = exported.getAPI(1);
  const near = root ?? window.activeTextEditor?.document.uri;
  const found = near === undefined ? null : git.getRepository(near);
  if (found !== null) {
    return found;
  }
  if (git.repositories.length === 0) {
    void window.showInformationMessage("No git repository is open.");
    return undefined;
  }
  if (git.repositories.length === 1) {
    return git.repositories[0];
  }
  const items = git.repositories.map((repository) => ({ label: repository.rootUri.fsPath, repository }));
  return (await window.showQuickPick(items, { title: "Write the commit message of" }))?.repository;
}
