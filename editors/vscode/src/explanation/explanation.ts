/** "Why this suggestion": the server's answer to `fimble.explainCompletion` in sentences and tables. */

import type { Table } from "./page";

/** Lines count from 1 and are inclusive; times are in milliseconds. */
export interface Explanation {
  readonly origin: string;
  readonly snippets: readonly {
    readonly path: string;
    readonly range: { readonly start_line: number; readonly end_line: number };
    readonly source: string;
  }[];
  readonly evaluated_tokens: number;
  readonly cached_tokens: number;
  readonly generated_tokens: number;
  readonly timings_ms: Readonly<Record<string, number>>;
  readonly line_log_probability: number | null;
  readonly model: string;
  readonly prompt: string;
  readonly extent: string;
  readonly filters: readonly string[];
}

/** A place that a link of the panel opens; the line counts from 1. */
export interface SnippetPlace {
  readonly path: string;
  readonly line: number;
}

const ORIGINS: Readonly<Record<string, string>> = {
  model: "The model wrote the last suggestion.",
  "typed-through": "The last suggestion is the rest of an earlier one, along which you typed. The model was not asked.",
  remembered: "The last suggestion was remembered from an earlier request. The model was not asked.",
};

/** Says in a sentence where the last suggestion came from, or why there was none. */
export function originSentence({ origin }: Explanation): string {
  return ORIGINS[origin] ?? `There was no suggestion: ${origin}.`;
}

/** Returns the facts behind the last suggestion. */
export function explanationTables(explanation: Explanation): readonly Table[] {
  return [
    {
      title: "Code that the model was shown beside this file",
      rows: explanation.snippets.map(({ path, range, source }) => [
        {
          text: `${path}:${String(range.start_line)}-${String(range.end_line)}`,
          command: "fimble.openSnippet",
          argument: { path, line: range.start_line } satisfies SnippetPlace,
        },
        source,
      ]),
    },
    { title: "What was asked", rows: asked(explanation) },
    {
      title: "Time by stage",
      rows: Object.entries(explanation.timings_ms).map(([stage, time]) => [stage, `${time.toFixed(1)} ms`]),
    },
  ];
}

function asked(explanation: Explanation): readonly (readonly string[])[] {
  const { model, prompt, extent, filters, line_log_probability: probability } = explanation;
  if (model === "") {
    return [];
  }
  return [
    ["Model", model],
    ...(prompt === "" ? [] : [["Prompt", prompt]]),
    ...(extent === "" ? [] : [["Extent", extent]]),
    ["Tokens read", String(explanation.evaluated_tokens)],
    ["Tokens in the cache", String(explanation.cached_tokens)],
    ["Tokens written", String(explanation.generated_tokens)],
    ...(probability === null
      ? []
      : [["Probability of the first line", `${(100 * Math.exp(probability)).toFixed(0)} %`]]),
    ...(filters.length === 0 ? [] : [["Filters that changed it", filters.join(", ")]]),
  ];
}
