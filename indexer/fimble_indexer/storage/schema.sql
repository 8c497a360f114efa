-- The index of one workspace. Raise SCHEMA_VERSION in database.py with every change here: an old file is built anew.

CREATE TABLE files (
    id           INTEGER PRIMARY KEY,
    path         TEXT NOT NULL UNIQUE,  -- relative to the root, with "/"
    module       TEXT NOT NULL,         -- what an import calls the file: "b" for a/b.py, "a" for a/__init__.py
    folder       TEXT NOT NULL,         -- the name of the folder that holds this module, "" at the root
    outer_folder TEXT NOT NULL,         -- the name of the folder that holds this folder
    language     TEXT,                  -- NULL for text, and for a file whose content does not belong
    size         INTEGER NOT NULL,      -- bytes; -1 for what an editor holds
    mtime_ns     INTEGER NOT NULL,
    hash         BLOB NOT NULL,         -- of the content
    is_foreign   INTEGER NOT NULL       -- 0 or 1: only what it defines is kept
);
CREATE INDEX files_by_module ON files (module, folder);
CREATE INDEX files_by_folder ON files (folder, outer_folder);

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
    parent         TEXT,
    exported       INTEGER NOT NULL,    -- 0 or 1
    importable     INTEGER NOT NULL     -- 0 or 1: code that stands in no other definition but a namespace
);
CREATE INDEX definitions_by_name ON definitions (name);
CREATE INDEX definitions_by_file ON definitions (file_id, name);
CREATE INDEX importable_by_name ON definitions (name COLLATE BINARY) WHERE importable;
-- Languages with namespaces import by these, wherever the files are.
CREATE INDEX definitions_by_parent ON definitions (parent, name)
    WHERE parent IS NOT NULL AND kind IN ('class', 'interface', 'struct', 'enum', 'trait', 'type');

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

-- What files of configuration call folders and files of the repository.
CREATE TABLE aliases (
    file_id   INTEGER NOT NULL,
    beginning TEXT NOT NULL,            -- the first part of the prefix
    scope     TEXT NOT NULL,            -- the folder whose files may say so
    prefix    TEXT NOT NULL,
    targets   TEXT NOT NULL,            -- JSON list of paths
    is_whole  INTEGER NOT NULL          -- 0 or 1
);
CREATE INDEX aliases_by_file ON aliases (file_id);
CREATE INDEX aliases_by_beginning ON aliases (beginning);

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

-- Words in so many chunks that looking them up is slow and tells nothing, such as "return".
CREATE TABLE common_words (
    word TEXT PRIMARY KEY
) WITHOUT ROWID;
