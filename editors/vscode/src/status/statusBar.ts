/** The item in the status bar. */

import { Disposable, StatusBarAlignment, ThemeColor, window } from "vscode";

import type { FactStore } from "./facts";
import { view } from "./view";

/** Shows the item for as long as the extension runs. */
export function showStatusBar(facts: FactStore): Disposable {
  const item = window.createStatusBarItem("fimble.status", StatusBarAlignment.Right, 100);
  item.name = "Fimble";
  item.command = "fimble.showMenu";
  const show = (): void => {
    const { text, tooltip, isWarning } = view(facts.current);
    item.text = text;
    item.tooltip = `Fimble: ${tooltip}`;
    item.accessibilityInformation = { label: `Fimble: ${tooltip}` };
    item.backgroundColor = isWarning ? new ThemeColor("statusBarItem.warningBackground") : undefined;
  };
  const listener = facts.onDidChange(show);
  show();
  item.show();
  return Disposable.from(listener, item);
}
