import { describe, expect, test } from "vitest";

import { explanationTables, originSentence, type Explanation } from "../src/explanation/explanation";
import { factsPage, prosePage } from "../src/explanation/page";
import { statisticsTables } from "../src/explanation/statistics";
import { STATUS } from "./facts";

const EXPLANATION: Explanation = {
  origin: "model",
  snippets: [{ path: "src/<app>.py", range: { start_line: 3, end_line: 9 }, source: "imports" }],
  evaluated_tokens: 12,
  cached_tokens: 800,
  generated_tokens: 7,
  timings_ms: { engine: 61.2 },
  line_log_probability: Math.log(0.5),
  model: "small.gguf",
  prompt: "context",
  extent: "line",
  filters: [],
};

describe("why this suggestion", () => {
  test("is said in a sentence, also where there was none", () => {
    expect(originSentence(EXPLANATION)).toBe("The model wrote the last suggestion.");
    expect(originSentence({ ...EXPLANATION, origin: "switched off" })).toBe("There was no suggestion: switched off.");
  });

  test("names the code that was used, with a link to it", () => {
    expect(explanationTables(EXPLANATION)[0]?.rows).toEqual([
      [
        { text: "src/<app>.py:3-9", command: "fimble.openSnippet", argument: { path: "src/<app>.py", line: 3 } },
        "imports",
      ],
    ]);
  });

  test("tells what was asked and how sure the model was", () => {
    const rows = explanationTables(EXPLANATION)[1]?.rows;
    expect(rows).toContainEqual(["Tokens read", "12"]);
    expect(rows).toContainEqual(["Probability of the first line", "50 %"]);
    expect(rows).not.toContainEqual(["Filters that changed it", ""]);
  });

  test("has nothing to tell of a model that was not asked", () => {
    const tables = explanationTables({
      ...EXPLANATION,
      origin: "switched off",
      model: "",
      snippets: [],
      timings_ms: {},
    });
    expect(tables.flatMap(({ rows }) => rows)).toEqual([]);
  });
});

describe("statistics", () => {
  test("tell of an engine that does not run", () => {
    expect(statisticsTables(STATUS)[1]?.rows).toEqual([["State", "stopped; the next request starts it"]]);
  });

  test("tell of one that runs", () => {
    const engine = {
      state: "ready",
      process: 7,
      resident_bytes: 6e8,
      used_tokens: 12,
      context_tokens: 8192,
      token_ms: 12.6,
    };
    const rows = statisticsTables({ ...STATUS, engine })[1]?.rows;
    expect(rows).toContainEqual(["Memory", "600 MB"]);
    expect(rows).toContainEqual(["Tokens in the cache", "12 of 8192"]);
    expect(rows).toContainEqual(["Writes a token in", "12.6 ms"]);
  });
});

describe("a page", () => {
  const html = factsPage("Why <this>", 'A "sentence" & more', explanationTables(EXPLANATION), "n0nce");

  test("lets nothing in but its own style", () => {
    expect(html).toContain(`content="default-src &#39;none&#39;; style-src &#39;nonce-n0nce&#39;"`);
    expect(html).toContain('<style nonce="n0nce">');
    expect(html).not.toContain("<script");
  });

  test("takes texts of files and of the server for nothing but text", () => {
    expect(html).toContain("Why &lt;this&gt;");
    expect(html).toContain("A &quot;sentence&quot; &amp; more");
    expect(html).not.toContain("<app>");
  });

  test("links to a place with the place as argument", () => {
    const [, link = ""] = /href="command:fimble\.openSnippet\?([^"]+)"/.exec(html) ?? [];
    expect(JSON.parse(decodeURIComponent(link))).toEqual([{ path: "src/<app>.py", line: 3 }]);
  });

  test("of prose is as harmless", () => {
    const prose = prosePage("Explain", "**This** <script>alert(1)</script>", "n0nce");
    expect(prose).toContain("<strong>This</strong> &lt;script&gt;");
    expect(prose).not.toContain("<script");
  });
});
