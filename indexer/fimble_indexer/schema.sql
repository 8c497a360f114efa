-- The index of one workspace. Raise SCHEMA_VERSION in store.py with every change here: an old file is built anew.

CREATE TABLE files (
    id       INTEGER PRIMARY KEY,
    path     TEXT NOT NULL UNIQUE,      -- relative to the root, with "/"
    language TEXT,                      -- NULL for text, and for a file whose content does not belong
    size     INTEGER NOT NULL,          -- bytes
    mtime_ns INTEGER NOT NULL,
    hash     BLOB NOT NULL              -- of the content
);

CREATE TABLE definitions (
    id             INTEGER PRIMARY KEY,
    file_id        INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL COLLATE NOCASE,
    qualified_name TEXT NOT NULL,
    signature      TEXT NOT NULL,
    doc            TEXT NOT NULL,
    start_line     INTEGER NOT NULL,
    end_line       INTEGER NOT NULL,
    parent         TEXT
);
CREATE INDEX definitions_by_name ON definitions (name);
CREATE INDEX definitions_by_file ON definitions (file_id, start_line);

-- One row for a name in a file: a row for every use would be most of the database.
CREATE TABLE "references" (
    name    TEXT NOT NULL,
    file_id INTEGER NOT NULL,
    lines   TEXT NOT NULL,              -- JSON list of lines
    PRIMARY KEY (name, file_id)
) WITHOUT ROWID;
CREATE INDEX references_by_file ON "references" (file_id);

CREATE TABLE imports (
    file_id INTEGER NOT NULL,
    module  TEXT NOT NULL,
    name    TEXT,
    alias   TEXT,
    line    INTEGER NOT NULL
);
CREATE INDEX imports_by_file ON imports (file_id);

CREATE TABLE chunks (
    id         INTEGER PRIMARY KEY,
    file_id    INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line   INTEGER NOT NULL,
    text       TEXT NOT NULL
);
CREATE INDEX chunks_by_file ON chunks (file_id, start_line);

-- Contentless: the words follow from the row of the same id in definitions or chunks. words.py makes the tokens,
-- so that this tokenizer only has to split at the spaces.
CREATE VIRTUAL TABLE definition_words USING fts5 (
    words, content = '', tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);
CREATE VIRTUAL TABLE chunk_words USING fts5 (
    words, content = '', tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);
CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_words, row);
