/** Markdown that a model wrote, as HTML that can do nothing by itself. */

import MarkdownIt from "markdown-it";

/**
 * An answer may repeat text of a repository, whoever wrote that. So HTML in it is text, and so are links and images:
 * nothing is fetched, and nothing leads elsewhere but the citations, which are buttons.
 */
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable([
  "autolink",
  "image",
  "link",
  "reference",
]);

/** Where an answer is shown, and what can be done with it there. */
export interface Surroundings {
  /** What the numbers of citations stand for. */
  readonly places: ReadonlyMap<number, string>;
  /** Whether a script listens to the buttons of code blocks. */
  readonly hasActions: boolean;
}

markdown.renderer.rules["fence"] = (tokens, index, _options, environment) => {
  const { content, info } = tokens[index] ?? { content: "", info: "" };
  return codeBlock(content, info.trim().split(/\s+/)[0] ?? "", environment as unknown as Surroundings);
};
markdown.renderer.rules["code_block"] = (tokens, index, _options, environment) =>
  codeBlock(tokens[index]?.content ?? "", "", environment as unknown as Surroundings);

markdown.inline.ruler.push("citation", (state, silent) => {
  const match = /^\[(\d{1,3})\]/.exec(state.src.slice(state.pos, state.pos + 5));
  if (match === null) {
    return false;
  }
  if (!silent) {
    state.push("citation", "", 0).content = match[1] ?? "";
  }
  state.pos += match[0].length;
  return true;
});
markdown.renderer.rules["citation"] = (tokens, index, _options, environment) => {
  const number = tokens[index]?.content ?? "";
  const { places } = environment as unknown as Surroundings;
  const title = places.get(Number(number));
  return title === undefined
    ? `[${number}]`
    : `<button class="citation" data-citation="${number}" title="${escape(title)}">${number}</button>`;
};

const BUTTONS =
  '<button data-action="copy">Copy</button>' +
  '<button data-action="insert" title="Insert at the cursor of the active editor">Insert</button>' +
  '<button data-action="apply" title="Show as a change of the active file, in the place of what it names">Apply</button>';

/** Renders Markdown; `[1]` becomes a button if there is a place of that number, which its title names. */
export function render(text: string, surroundings: Surroundings): string {
  return markdown.render(text, { ...surroundings });
}

function codeBlock(code: string, language: string, { hasActions }: Surroundings): string {
  return (
    `<figure class="code"><figcaption><span class="language">${escape(language)}</span>` +
    `${hasActions ? BUTTONS : ""}</figcaption>` +
    `<pre tabindex="0"><code>${escape(code)}</code></pre></figure>\n`
  );
}

const { escapeHtml: escape } = markdown.utils;
