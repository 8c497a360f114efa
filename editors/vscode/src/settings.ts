/** The settings that the server is told: those that the user has set, and nothing of their defaults. */

/** What VS Code knows of a setting at each of its places; a part of its `inspect`. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export type Section = Record<string, unknown>;

/** A setting of the extension itself; the server does not know it. */
const OWN = new Set(["fimble.path"]);

/**
 * Names the server's settings without "fimble.", such as "completion.enabled", as an extension's manifest contributes
 * them.
 */
export function serverSettings(manifest: unknown): readonly string[] {
  const { contributes } = manifest as { contributes: { configuration: readonly { properties: Section }[] } };
  return contributes.configuration
    .flatMap(({ properties }) => Object.keys(properties))
    .filter((name) => !OWN.has(name))
    .map((name) => name.slice("fimble.".length));
}

/**
 * Collects what is set, in the server's form: `{completion: {enabled: false}}`.
 *
 * Defaults stay away: they would stand over the settings files of the user and of the workspace. A workspace that
 * nobody trusts is not indexed, and its own settings and commands do not count, in VS Code's files or in Fimble's.
 */
export function chosenSettings(
  names: readonly string[],
  inspect: (name: string) => Inspected | undefined,
  isTrusted: boolean,
): Section {
  const settings: Section = { trusted: isTrusted };
  for (const name of names) {
    const found = inspect(name);
    const ofWorkspace = isTrusted ? (found?.workspaceFolderValue ?? found?.workspaceValue) : undefined;
    const value = ofWorkspace ?? found?.globalValue;
    if (value !== undefined) {
      put(settings, name, value);
    }
  }
  if (!isTrusted) {
    put(settings, "index.enabled", false);
  }
  return settings;
}

function put(settings: Section, name: string, value: unknown): void {
  const [first = "", second] = name.split(".");
  if (second === undefined) {
    settings[first] = value;
  } else {
    settings[first] = { ...(settings[first] as Section | undefined), [second]: value };
  }
}
