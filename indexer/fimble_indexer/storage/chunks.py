# ruff: noqa: S608 - what is put into SQL text are constants of this package, never values
"""Look-ups of chunks, by place and by the words that they hold."""

import sqlite3
from collections.abc import Iterable, Sequence

from fimble_indexer.storage.statements import Connected, best_matches, full_text_query
from fimble_indexer.syntax.chunks import Chunk

_MAX_REMEMBERED_WORDS = 50_000


class ChunkLookUps(Connected):
    """Look-ups of chunks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._common_words: frozenset[str] | None = None
        self._frequencies: dict[str, int] = {}

    def chunks_of(self, path: str) -> list[Chunk]:
        """List the chunks of a file in order."""
        rows = self._connection.execute(
            "SELECT start_line, end_line, text FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " ORDER BY start_line",
            (path,),
        )
        return [Chunk(*row) for row in rows]

    def chunk_at(self, path: str, line: int) -> Chunk | None:
        """Find the chunk of a file that holds ``line``."""
        row = self._connection.execute(
            "SELECT start_line, end_line, text FROM chunks WHERE file_id = (SELECT id FROM files WHERE path = ?)"
            " AND start_line <= ? ORDER BY start_line DESC LIMIT 1",
            (path, line),
        ).fetchone()
        return Chunk(*row) if row and line < row[1] else None

    def chunk_count(self) -> int:
        """Count all chunks."""
        (count,) = self._connection.execute("SELECT count(*) FROM chunks").fetchone()
        return int(count)

    def chunks_matching(
        self,
        tokens: Sequence[str],
        limit: int,
        *,
        exclude_path: str | None = None,
        within: str = "",
    ) -> list[tuple[str, Chunk, float]]:
        """List path, chunk and BM25 score (higher is better) of the chunks that hold any of ``tokens``.

        With ``within``, only those in this file or folder.
        """
        rows = self._connection.execute(
            f"SELECT path, start_line, end_line, text, -found.rank FROM ({best_matches('chunk', within)}) AS found"
            " JOIN chunks ON chunks.id = found.rowid JOIN files ON files.id = file_id"
            " WHERE path IS NOT ?4 ORDER BY found.rank LIMIT ?5",
            # The file left out can take the first places: ask for more, so that enough remain.
            (
                full_text_query(tokens),
                limit + (50 if exclude_path else 0),
                within,
                exclude_path,
                limit,
            ),
        )
        return [(path, Chunk(start, end, text), score) for path, start, end, text, score in rows]

    def chunk_frequencies(self, tokens: Iterable[str]) -> dict[str, int]:
        """Count in how many chunks each of ``tokens`` occurs; tokens that occur nowhere are left out.

        A count is remembered as it first was: it takes time in proportion, and serves to compare words only.
        """
        if len(self._frequencies) > _MAX_REMEMBERED_WORDS:
            self._frequencies.clear()
        frequencies = {}
        for token in tokens:
            if (count := self._frequencies.get(token)) is None:
                row = self._connection.execute("SELECT doc FROM chunk_vocabulary WHERE term = ?", (token,)).fetchone()
                count = self._frequencies[token] = row[0] if row else 0
            if count:
                frequencies[token] = count
        return frequencies

    def common_words(self) -> frozenset[str]:
        """Return the words that are in too many chunks to tell anything, as of the last ``count_words``."""
        if self._common_words is None:
            rows = self._connection.execute("SELECT word FROM common_words")
            self._common_words = frozenset(word for (word,) in rows)
        return self._common_words
