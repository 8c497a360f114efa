/** The document of the chat view. */

export interface DocumentParts {
  readonly nonce: string;
  /** Where the view may load the script and the style from, as a source of a content security policy. */
  readonly source: string;
  readonly script: string;
  readonly style: string;
}

/** Makes the document: one script and one style of the extension's own, and nothing else is ever loaded. */
export function chatDocument({ nonce, source, script, style }: DocumentParts): string {
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${style}">
<title>Fimble Chat</title>
</head>
<body>
<main id="turns" role="log" aria-label="Conversation" tabindex="0"></main>
<form id="composer">
  <div id="attached" hidden>
    <span id="attached-text"></span>
    <button type="button" id="detach" title="Leave it out">×</button>
  </div>
  <textarea id="message" rows="1" aria-label="Message" placeholder="Ask about this repository. @ adds context, /plan plans a change."></textarea>
  <div id="actions">
    <button type="button" id="mention" title="Mention a file, the selection, changes, …">@</button>
    <meter id="usage" min="0" hidden></meter>
    <span id="usage-text"></span>
    <button type="button" id="cancel" title="Stop the answer (Esc)" hidden>Stop</button>
    <button type="submit" id="send" title="Send (Enter); Shift+Enter for a new line">Send</button>
  </div>
</form>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
