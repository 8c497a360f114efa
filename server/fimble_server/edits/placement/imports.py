"""The imports of a block, added to those of a file: each name once, beside what comes from the same module."""

import re
from collections.abc import Iterator

from fimble_indexer.syntax.imports import Import
from fimble_indexer.syntax.outline import ImportStatement, Span
from fimble_server.edits.placement.blocks import Block
from fimble_server.edits.placement.encoding import to_bytes, to_text
from fimble_server.edits.placement.placing import File, Replacement

_NAMED = frozenset({"python", "typescript", "tsx", "javascript"})
"""Languages whose statements list names of one module."""
_PREAMBLE = re.compile(
    rb"package\b|namespace\b|module\b|[\"']use strict[\"']|<\?php|#!\[|[rR]?(?:\"\"\"|''')|declare\b|#pragma once"
)
_SEPARATOR = re.compile(r",\s*")


def import_replacements(file: File, block: Block) -> tuple[list[Replacement], int]:
    """Return what adds the imports that the file has not, and how many names those are."""
    known = {_key(record) for statement in file.outline.imports for record in statement.imports}
    replacements: list[Replacement] = []
    lines: list[str] = []
    count = 0
    for statement in block.imports:
        missing = [record for record in statement.imports if _key(record) not in known]
        known.update(map(_key, missing))
        count += len(missing)
        if not missing:
            continue
        same = _same_module(file, block, statement, missing)
        if same is not None:
            replacements.append(_names_added(file, same, missing))
        elif file.language.name == "go":
            lines += [
                f'{record.alias} "{record.module}"' if record.alias else f'"{record.module}"' for record in missing
            ]
        else:
            lines += _statements(file, block, statement, missing)
    if lines:
        replacements.append(_go_added(file, lines) if file.language.name == "go" else _lines_added(file, lines))
    return replacements, count


def _key(record: Import) -> tuple[str, str | None, str | None]:
    return record.module, record.name, record.alias


def _same_module(file: File, block: Block, statement: ImportStatement, missing: list[Import]) -> ImportStatement | None:
    """Return the statement of the file to whose names those that are missing can be added."""
    if file.language.name not in _NAMED or any(record.name in {None, "*", "default"} for record in missing):
        return None
    kind = _is_type_only(block.source, statement)
    return next(
        (
            other
            for other in file.outline.imports
            if other.imports[-1].module == missing[0].module
            and other.imports[-1].name not in {None, "*", "default"}
            and _is_type_only(file.source, other) == kind
        ),
        None,
    )


def _is_type_only(source: bytes, statement: ImportStatement) -> bool:
    return source[statement.span.start : statement.span.end].startswith(b"import type")


def _names_added(file: File, statement: ImportStatement, missing: list[Import]) -> Replacement:
    at = statement.name_ends[-1]
    separator = ", "
    if len(statement.name_ends) > 1:
        between = file.source[statement.name_ends[-2] : at].decode("utf-8", "replace")
        if found := _SEPARATOR.match(between):
            separator = found[0]
    return Replacement(Span(at, at), to_bytes("".join(f"{separator}{_written(record)}" for record in missing)))


def _written(record: Import) -> str:
    return f"{record.name} as {record.alias}" if record.alias else f"{record.name}"


def _statements(file: File, block: Block, statement: ImportStatement, missing: list[Import]) -> Iterator[str]:
    """Write a statement as in the block, or, where it imports what is known already, one for each name it adds."""
    language = file.language.name
    if len(missing) < len(statement.imports) and language in {"python", "rust"}:
        for record in missing:
            if language == "rust" and record.name is not None:
                yield f"use {record.module}::{_written(record)};"
            elif record.name is not None:
                yield f"from {record.module} import {_written(record)}"
            else:
                yield f"import {record.module}{f' as {record.alias}' if record.alias else ''}"
    else:
        yield to_text(block.source[statement.span.start : statement.span.end]).rstrip("\n")


def _lines_added(file: File, lines: list[str]) -> Replacement:
    newline = file.style.newline
    text = newline.join(line.replace("\n", newline) for line in lines)
    imports = file.outline.imports
    if imports and lines[0].startswith("from __future__"):
        at = imports[0].span.start
        return Replacement(Span(at, at), to_bytes(f"{text}{newline}"))
    if imports:
        at = file.line_end(imports[-1].span.end - (file.source[: imports[-1].span.end].endswith(b"\n")))
        return Replacement(Span(at, at), to_bytes(f"{newline}{text}"))
    return _behind_preamble(file, text)


def _behind_preamble(file: File, text: str) -> Replacement:
    """Add the first imports of a file: behind its package, its documentation, and the comments that it begins with."""
    newline = file.style.newline
    end = 0
    for other in file.outline.others:
        if not _PREAMBLE.match(file.source[other.start : other.end]):
            break
        end = file.line_end(other.end - file.source[: other.end].endswith(b"\n"))
    if end == 0:
        start = 3 if file.source.startswith(b"\xef\xbb\xbf") else 0
        for comment in file.outline.comments:
            gap = file.source[max(end, start) : comment.start]
            if gap.strip() or gap.count(b"\n") > 1:
                break
            end = file.line_end(comment.end - file.source[: comment.end].endswith(b"\n"))
        if any(item.lead < end for item in file.outline.items):
            end = 0  # the comment is that of the first definition
        if end == 0:
            rest = newline * 2 if file.source[start:].strip() else newline
            return Replacement(Span(start, start), to_bytes(f"{text}{rest}"))
    return Replacement(Span(end, end), to_bytes(f"{newline * 2}{text}"))


def _go_added(file: File, specs: list[str]) -> Replacement:
    """Add packages to the list of a file, or a list of their own."""
    newline = file.style.newline
    for statement in reversed(file.outline.imports):
        closing = file.source.rfind(b")", statement.span.start, statement.span.end)
        if closing >= 0:
            line = file.source.rfind(b"\n", 0, closing) + 1
            if not file.source[line:closing].strip():
                return Replacement(Span(line, line), to_bytes("".join(f"\t{spec}{newline}" for spec in specs)))
    lines = [f"import {spec}" for spec in specs]
    if len(specs) > 1:
        lines = ["import (", *(f"\t{spec}" for spec in specs), ")"]
    return _lines_added(file, lines)
