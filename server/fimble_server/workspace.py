"""What serves the folders that are open: one engine for all of them, an index and a suggester for each."""

from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath

from fimble_indexer.files.secrets import is_secret_file
from fimble_indexer.syntax.languages import Language, language_for_path
from fimble_prompts.fim import Snippet, prefix_window
from fimble_prompts.place import Place
from fimble_prompts.sources import Source
from fimble_server.activity import Recent
from fimble_server.config import Settings
from fimble_server.engine.client import Engine, LocalEngine
from fimble_server.index import IndexReader
from fimble_server.models.chosen import choose_model
from fimble_server.suggest import CHARACTERS_PER_TOKEN, Answer, Cursor, Explanation, Suggester


class Workspace:
    """The folders of one editor window, or none; made anew when the settings change."""

    def __init__(self, roots: list[Path], settings: Settings, before: "Workspace | None" = None) -> None:
        """Serve the folders with these settings; nothing is started or opened before it is needed.

        What the user did is remembered of the one `before`, and its engine serves on where it would be the same.
        """
        self.settings = settings
        self.roots = roots
        self.engine: Engine = (
            before.engine
            if before and (before.settings.model, before.settings.engine) == (settings.model, settings.engine)
            else LocalEngine(lambda: choose_model(settings.model).path, settings.engine.options())
        )
        self._indexes = {root: IndexReader(root) for root in roots} if settings.index.enabled else {}
        self.recent: Recent = before.recent if before else Recent()
        self._suggesters: dict[Path | None, Suggester] = {}

    def locate(self, path: Path) -> tuple[Path | None, str]:
        """Return the innermost folder that holds a file, and the file's path in it; outside of all, its whole path."""
        holding = [root for root in self.roots if path.is_relative_to(root)]
        if not holding:
            return None, path.as_posix()
        root = max(holding, key=lambda folder: len(folder.parts))
        return root, path.relative_to(root).as_posix()

    async def suggest(
        self,
        *,
        document: str,
        path: Path,
        text: str,
        offset: int,
        explicit: bool,
        language: Language | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Return suggestions for a cursor in a file; `document` names it between calls.

        The file's name tells the language unless it is given.

        Raises:
            FimbleError: no model, or no engine; the message says what to do.

        """
        root, relative = self.locate(path)
        language = language or language_for_path(PurePosixPath(relative))
        if is_secret_file(path):
            # Also where the folder of secrets itself is the workspace, so that the relative path tells nothing.
            return Answer((), Explanation("the file holds secrets"))
        # Editors can send half a character, and file names can hold any byte; nothing behind here could encode them.
        document, relative, text = map(_encodable, (document, relative, text))
        return await self._suggester(root).suggest(
            Cursor(document, relative, text, offset, language, explicit), on_text
        )

    def snippets(
        self, root: Path | None, place: Place, *, tokens: int, sources: Collection[Source]
    ) -> tuple[Snippet, ...]:
        """Return code of other places that helps at a place in a folder, of about so many tokens at most."""
        if root not in self._indexes:
            return ()
        activity = self.recent.at(whole_path(root, place.path), place.text.count("\n", 0, place.offset))
        limit = int(tokens * CHARACTERS_PER_TOKEN)
        return self._indexes[root].snippets(place, limit=limit, sources=sources, activity=activity)

    def paths(self, root: Path | None) -> list[str]:
        """List the files of a folder that are indexed, relative to it."""
        return self._indexes[root].paths() if root in self._indexes else []

    def index_changed(self, root: Path) -> None:
        """Open the index anew at the next look-up: the indexer may have put another file in its place."""
        if root in self._indexes:
            self._indexes[root].close()

    def forget(self, document: str) -> None:
        """Drop what is remembered of a document: it was closed."""
        for suggester in self._suggesters.values():
            suggester.forget(document)

    async def close(self) -> None:
        """Give up the connection to the engine and the databases."""
        self.close_indexes()
        await self.engine.close()

    def close_indexes(self) -> None:
        """Give up the databases."""
        for index in self._indexes.values():
            index.close()

    def _suggester(self, root: Path | None) -> Suggester:
        if root not in self._suggesters:
            model = choose_model(self.settings.model)
            index = self._indexes.get(root) if root else None
            settings = self.settings.completion
            limit = int(settings.context_tokens * CHARACTERS_PER_TOKEN)
            prefix_limit = int(settings.prefix_tokens * CHARACTERS_PER_TOKEN)

            def find(cursor: Cursor) -> tuple[Snippet, ...]:
                if index is None:
                    return ()
                return index.snippets(
                    Place(
                        cursor.path,
                        cursor.language,
                        cursor.text,
                        cursor.offset,
                        cursor.offset - len(prefix_window(cursor.text[: cursor.offset], prefix_limit)),
                    ),
                    limit=limit,
                    sources=settings.context_sources,
                    activity=self.recent.at(whole_path(root, cursor.path), cursor.text.count("\n", 0, cursor.offset)),
                )

            self._suggesters[root] = Suggester(
                self.engine,
                model.fim,
                find,
                settings=settings,
                model=model.path.name,
            )
        return self._suggesters[root]


def whole_path(root: Path | None, relative: str) -> str:
    """Return what `Workspace.locate` has split."""
    return (root or Path()).joinpath(relative).as_posix()


def _encodable(text: str) -> str:
    """Return the text with a question mark in place of each character that UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()
