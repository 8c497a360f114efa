"""Lines of published packages to take out and complete again, chosen so that it is known what they need."""

import random
import re
from pathlib import Path

from completing import TYPED_OF_NAME, Item, names_in
from corpora import corpora
from fimble_indexer.storage.store import Store
from fimble_indexer.syntax.languages import Language, language_named
from fimble_indexer.syntax.parse import parse
from fimble_indexer.words import identifiers

IMPORTED, NOT_IMPORTED, MEMBER, THIS_FILE = "imported name", "name not imported yet", "member", "name of this file"
NEEDS = (IMPORTED, NOT_IMPORTED, MEMBER, THIS_FILE)
"""What a line may need: a name that another file defines and that this one imports; such a name whose import is taken
out as well; one that no import spells, as that of a method; a name that this file spells elsewhere."""
_SHORTEST_LINE, _LONGEST_LINE = 12, 120
_LINES_A_FILE = 40
"""Tried before the next file: most of a file's lines are neither clearly here nor clearly elsewhere."""
_EMPTY_IMPORT = re.compile(r"\s*(from \S+ import|import (type )?\{\s*\} from .*|import (type )?from .*|import)?\s*")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")


def choose_items(corpus: str, root: Path, store: Store, count: int, seed: int) -> list[Item]:
    """Pick lines of random files, as many of each kind of need."""
    language = language_named(corpora()[corpus].language)
    assert language is not None
    generator = random.Random(f"{seed}{corpus}")
    paths = sorted(path for path, record in store.files().items() if record.language == language.name and record.size)
    generator.shuffle(paths)
    wanted = dict.fromkeys(NEEDS, count // len(NEEDS))
    items: list[Item] = []
    for path in paths:
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        taken: set[str] = set()
        for number, line in _eligible(language, text, generator):
            name, column, needs = _name_to_complete(store, path, language, text, number, line, generator)
            if needs and wanted[needs] and needs not in taken:
                taken.add(needs)  # at most one of a kind from a file
                wanted[needs] -= 1
                items.append(Item(corpus, path, number, column, line[column:].rstrip(), needs, name))
        if not any(wanted.values()):
            break
    return items


def _eligible(language: Language, text: str, generator: random.Random) -> list[tuple[int, str]]:
    """List lines of code inside of blocks, each with its number, in random order."""
    symbols = parse(text.encode(), language)
    imported = {item.line for item in symbols.imports}
    lines = text.split("\n")
    numbers = sorted({reference.line for reference in symbols.references} - imported)
    found = [
        (number, lines[number])
        for number in numbers
        if lines[number][:1] in {" ", "\t"} and _SHORTEST_LINE <= len(lines[number].strip()) <= _LONGEST_LINE
    ]
    generator.shuffle(found)
    return found[:_LINES_A_FILE]


def _name_to_complete(
    store: Store, path: str, language: Language, text: str, number: int, line: str, generator: random.Random
) -> tuple[str, int, str]:
    """Choose a name of a line, and tell its column and what it needs, which is empty if that is not clear."""
    imported = {item.line for item in parse(text.encode(), language).imports} | {number}
    elsewhere = {
        name for other, code in enumerate(text.split("\n")) if other not in imported for name in identifiers(code)
    }
    names = names_in(_STRING.sub(lambda string: " " * len(string.group()), line))
    missing = [(name, column) for name, column in names if name not in elsewhere]
    in_imports = {name for other in imported - {number} for name in identifiers(text.split("\n")[other])}
    for name, column in missing:
        if name not in in_imports and line[: column - TYPED_OF_NAME][-1:] != ".":
            continue  # a keyword or the name of an argument: there is no telling
        if any(other != path and found.name == name for other, found in store.definitions_named(name, 5)):
            return name, column, generator.choice([IMPORTED, NOT_IMPORTED]) if name in in_imports else MEMBER
    return ("", 0, "") if missing or not names else (*names[-1], THIS_FILE)


def masked(text: str, item: Item) -> tuple[str, int]:
    """Return the text with the line cut at its column, and the offset of the cut."""
    lines = text.split("\n")
    before, after = lines[: item.line], lines[item.line + 1 :]
    if item.needs == NOT_IMPORTED:
        before, after = _without_import(before, item.name), _without_import(after, item.name)
    head = "".join(f"{line}\n" for line in before) + lines[item.line][: item.column]
    return head + "".join(f"\n{line}" for line in after), len(head)


def _without_import(lines: list[str], name: str) -> list[str]:
    """Take a name out of the lines that spell it, which are imports, and leave no import of nothing."""
    spelled = re.compile(rf"\b{name}\b( as \w+)?\s*,?\s*")
    kept = []
    for line in lines:
        shorter = spelled.sub("", line)
        if shorter == line or not _EMPTY_IMPORT.fullmatch(shorter):
            kept.append(shorter)
    return kept
