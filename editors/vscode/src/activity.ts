/** What the user looks at, copies, and is told by other extensions: context for the next suggestion. */

import {
  Disposable,
  languages,
  window,
  workspace,
  type Range,
  type TextDocument,
  type TextEditor,
  type Uri,
} from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import { debounced } from "./debounce";
import { SELECTOR, isRead } from "./documents";

/** Scrolling and typing pause this long before what they led to counts. */
const SETTLED_MS = 500;

/** Sends the notifications that `fimble_server.lsp.activity` describes, until it is disposed. */
export function followActivity(client: LanguageClient): Disposable {
  return Disposable.from(followViews(client), followCopies(client), followDiagnostics(client));
}

function followViews(client: LanguageClient): Disposable {
  const show = debounced(SETTLED_MS, (_uri: string, editor: TextEditor) => {
    for (const range of editor.visibleRanges) {
      notify(client, "fimble/didShow", editor.document, { range: client.code2ProtocolConverter.asRange(range) });
    }
  });
  const look = (editor: TextEditor | undefined): void => {
    if (editor !== undefined) {
      show(editor.document.uri.toString(), editor);
    }
  };
  look(window.activeTextEditor);
  return Disposable.from(
    window.onDidChangeActiveTextEditor(look),
    window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
      look(textEditor);
    }),
    {
      dispose: () => {
        show.cancel();
      },
    },
  );
}

/** VS Code tells of a copy only those who could add something to the clipboard; nothing is added here. */
function followCopies(client: LanguageClient): Disposable {
  const prepareDocumentPaste = (document: TextDocument, ranges: readonly Range[]): void => {
    const text = ranges.map((range) => document.getText(range)).join("\n");
    if (text.trim() !== "") {
      notify(client, "fimble/didYank", document, { text });
    }
  };
  return languages.registerDocumentPasteEditProvider(
    SELECTOR,
    { prepareDocumentPaste },
    { providedPasteEditKinds: [], copyMimeTypes: [] },
  );
}

function followDiagnostics(client: LanguageClient): Disposable {
  const tell = debounced(SETTLED_MS, (_key: string, uri: Uri) => {
    const document = workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (document !== undefined) {
      const diagnostics = languages.getDiagnostics(uri).map((each) => ({
        range: client.code2ProtocolConverter.asRange(each.range),
        message: each.message,
      }));
      notify(client, "fimble/didChangeDiagnostics", document, { diagnostics });
    }
  });
  // What was reported before the server ran, or before the document was opened.
  const tellWhatThereIs = ({ uri }: TextDocument): void => {
    if (languages.getDiagnostics(uri).length > 0) {
      tell(uri.toString(), uri);
    }
  };
  workspace.textDocuments.forEach(tellWhatThereIs);
  return Disposable.from(
    workspace.onDidOpenTextDocument(tellWhatThereIs),
    languages.onDidChangeDiagnostics(({ uris }) => {
      for (const uri of uris) {
        tell(uri.toString(), uri);
      }
    }),
    {
      dispose: () => {
        tell.cancel();
      },
    },
  );
}

function notify(client: LanguageClient, method: string, document: TextDocument, facts: object): void {
  if (isRead(document) && client.isRunning()) {
    const textDocument = client.code2ProtocolConverter.asTextDocumentIdentifier(document);
    void client.sendNotification(method, { textDocument, ...facts });
  }
}
