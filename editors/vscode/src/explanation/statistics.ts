/** The server's answer to `fimble.status` as tables. */

import type { ServerStatus } from "../status/view";
import type { Table } from "./page";

type Row = readonly [name: string, value: string];

/** Returns how server, model, engine and index are. */
export function statisticsTables(status: ServerStatus): readonly Table[] {
  return [
    {
      title: "Server",
      rows: [
        ["Version", status.version],
        ["Model", status.model.file ?? status.model.error ?? ""],
        ["Suggestions accepted in this window", String(status.accepted)],
      ],
    },
    { title: "Engine", rows: engineRows(status.engine) },
    {
      title: "Index",
      rows: status.indexes.map(({ root, ready, state }) => [root, ready ? `ready, ${state}` : state]),
    },
  ];
}

function engineRows(engine: ServerStatus["engine"]): readonly Row[] {
  const number = (name: string): number | undefined => {
    const value = engine[name];
    return typeof value === "number" ? value : undefined;
  };
  const row = (title: string, name: string, format: (value: number) => string): readonly Row[] => {
    const value = number(name);
    return value === undefined ? [] : [[title, format(value)]];
  };
  const state = typeof engine["state"] === "string" ? engine["state"] : "unknown";
  return [
    ["State", state === "stopped" ? "stopped; the next request starts it" : state],
    ...row("Process", "process", String),
    ...row("Memory", "resident_bytes", (bytes) => `${(bytes / 1e6).toFixed(0)} MB`),
    ...row(
      "Tokens in the cache",
      "used_tokens",
      (used) => `${String(used)} of ${String(number("context_tokens") ?? "?")}`,
    ),
    ...row("Reads", "prefill_tokens_per_second", (speed) => `${speed.toFixed(0)} tokens a second`),
    ...row("Writes a token in", "token_ms", (time) => `${time.toFixed(1)} ms`),
    ...row("Requests served", "served", String),
  ];
}
