import { describe, expect, test } from "vitest";

import { render } from "../src/markdown";

const NOWHERE = { places: new Map<number, string>(), hasActions: true };

describe("Markdown of an answer", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onclick=alert(1)>bold</b>",
    "![picture](https://example.invalid/secret.png)",
    "[link](https://example.invalid)",
    "[link](command:workbench.action.terminal.new)",
    "<https://example.invalid>",
    "[named]\n\n[named]: https://example.invalid",
    '```"><script>alert(1)</script>\ncode\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
  ])("loads nothing, leads nowhere, runs nothing: %s", (text) => {
    expect(render(text, NOWHERE)).not.toMatch(/<(?:a|img|script|b|iframe)\b|<[^>]*\b(?:href|src|onclick|onerror)=/);
  });

  test("is shown as such", () => {
    expect(render("a **b** `c`\n\n- d", NOWHERE)).toBe(
      "<p>a <strong>b</strong> <code>c</code></p>\n<ul>\n<li>d</li>\n</ul>\n",
    );
  });

  test("has buttons at its code, which is kept to the letter", () => {
    const html = render("```python\nif a < b:\n    print('&amp;')\n```", NOWHERE);
    expect(html).toContain('<span class="language">python</span>');
    expect(html).toContain("<code>if a &lt; b:\n    print('&amp;amp;')\n</code>");
    expect([...html.matchAll(/data-action="(\w+)"/g)].map((match) => match[1])).toEqual(["copy", "insert", "apply"]);
    expect(render("```\nx\n```", { ...NOWHERE, hasActions: false })).not.toContain("<button");
  });

  test("is code to its end while the end of the block is not written yet", () => {
    expect(render("See:\n```js\nlet a", NOWHERE)).toContain("<code>let a</code>");
  });

  test("cites only what there is", () => {
    const html = render("Here [1], not there [2]. `[1]`", { ...NOWHERE, places: new Map([[1, 'src/"app".ts:3']]) });
    expect(html).toContain('<button class="citation" data-citation="1" title="src/&quot;app&quot;.ts:3">1</button>');
    expect(html).toContain("not there [2]");
    expect(html).toContain("<code>[1]</code>");
  });
});
