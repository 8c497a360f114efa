"""Files and values that must reach neither the index nor a prompt.

Known tokens are found with the patterns of detect-secrets (https://github.com/Yelp/detect-secrets), others by the
name that they are assigned to and by their entropy. Names of files and lists of detectors are in ``secrets.toml``.
"""

import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from pathlib import PurePath

REDACTED = "<redacted>"

# Words that a secret's name contains. Looked for in lower case text before anything costlier is tried.
_STEMS = ("pass", "pwd", "secret", "token", "credential", "key")
_NAME = (
    r"(?P<name>[\w.-]*(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?"
    r"|(?:api|auth|access|account|client|db|encryption|master|private|service|shared|signing|storage)[_-]?key)"
    r"[\w.-]*)"
)
_QUOTED_ASSIGNMENT = re.compile(
    r"(?<![\w.-])"  # a name is tried from its start only
    + _NAME
    + r"""["'\]]*\s*(?::\s*[\w.\[\]| ]{1,40}?\s*=|:=|=>|={1,3}|:)\s*[bBrRuUfF@]{0,2}"""
    r"""(?P<quote>["'`])(?P<value>[^"'`\r\n]{6,})(?P=quote)""",
    re.IGNORECASE,
)
_QUOTE = re.compile("[\"'`]")
_BARE_ASSIGNMENT = re.compile(
    r"""^\s*(?:export\s+|set\s+|-\s+|[+-])?"""
    + _NAME
    + r"""\s*[:=]\s*(?P<value>[^\s"'`#,;(){}\[\]<>][^\s"'`,;(){}\[\]<>]{7,})\s*$""",
    re.IGNORECASE,
)
# A name that ends in one of these holds a secret whatever its value looks like.
_PLAIN_SECRET_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|(?:api|private|secret)[_-]?key)$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"^[$%<{]|[{]|%\(|^(.)\1*$")
_WORDS = re.compile(r"^[A-Za-z_./:-]+$")
_STEM_IN_VALUE = re.compile(r"pass|pwd|secret|token|credential|key", re.IGNORECASE)

# Whatever a token detector may find is a run of at least this length, or follows a user's name in a URL.
_TOKEN_RUN = re.compile(r"[A-Za-z0-9+/_=.-]{20,}|://[^\s/@:]*:[^\s@]+@")
_QUOTED_TOKEN = re.compile(r"""(["'`])([A-Za-z0-9+/_=-]{20,})\1""")
_HEXADECIMAL = re.compile(r"^(?:0x)?[0-9a-fA-F]{32,}$")
_ALPHABET = re.compile("abcdefgh", re.IGNORECASE)  # a list of characters has the highest entropy of all
_DIGIT = re.compile(r"\d|A[KS]IA|ABIA|ACCA")
# Such a run is found several times as fast in a text whose characters are all made "x" or a space.
_RUN = b"x" * 20
_RUN_TABLE = bytes(ord("x") if re.match(r"[A-Za-z0-9+/_=.-]", chr(code)) else ord(" ") for code in range(256))
# Bits per character from which detect-secrets takes a string for random.
_BASE64_ENTROPY = 4.5
_HEXADECIMAL_ENTROPY = 3.0
_NAMED_ENTROPY = 3.3  # for a value whose name already says what it is

_MIN_TOKEN = 8  # characters; a shorter group of a pattern is the kind of the token, such as "ghp"

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{16,}|^[ \t+-]*[A-Za-z0-9+/=]+[ \t]*$", re.MULTILINE)
_PRIVATE_KEY_CHARACTERS = 20_000
_MAX_LINE = 20_000  # characters


def is_secret_file(path: str | PurePath) -> bool:
    """Tell by its path alone whether a file holds secrets, such as ``.env`` or ``id_rsa``."""
    rules = _rules()
    *folders, name = str(path).replace(os.sep, "/").rstrip("/").split("/")
    name = name.lower()
    if rules.files.match(name):
        return not rules.shared.match(name)
    return not rules.folders.isdisjoint(folders)


def redact(text: str) -> str:
    """Replace what looks like a secret by ``REDACTED``. The number of lines stays the same; columns may move."""
    text = _redact_private_keys(text)
    lowered = text.lower()
    starts = sorted(_line_starts(lowered, text))
    if not starts:
        return text
    lines = []
    for start in starts:
        end = text.find("\n", start)
        lines.append(text[start : len(text) if end < 0 else end])
    patterns = _patterns_for(lines)
    pieces = []
    position = 0
    for start, line in zip(starts, lines, strict=True):
        pieces += [text[position:start], _redact_line(line, patterns)]
        position = start + len(line)
    return "".join([*pieces, text[position:]])


def _patterns_for(lines: list[str]) -> list[re.Pattern[str]]:
    """Choose the token patterns that match anywhere: almost always none, so that no line has to be tried with each."""
    joined = "\n".join(line for line in lines if len(line) <= _MAX_LINE and _TOKEN_RUN.search(line))
    return [pattern for pattern in _token_patterns() if pattern.search(joined)] if joined else []


def _line_starts(lowered: str, text: str) -> set[int]:
    """Find where the lines start that are worth a closer look."""
    if len(lowered) != len(text):  # rare characters grow when lowered; their offsets would be wrong
        lowered = text
    starts = set()
    for stem in _STEMS:
        position = lowered.find(stem)
        while position >= 0:
            starts.add(text.rfind("\n", 0, position) + 1)
            position = lowered.find("\n", position)  # one hit is enough for a line
            position = lowered.find(stem, position) if position >= 0 else -1
    starts.update(text.rfind("\n", 0, position) + 1 for position in _token_runs(text))
    return starts


def _token_runs(text: str) -> Iterator[int]:
    """Find the runs of ``_TOKEN_RUN`` that a token detector may look at."""
    runs = text.encode("latin-1", "replace").translate(_RUN_TABLE)  # one byte for each character
    position = runs.find(_RUN)
    while position >= 0:
        end = runs.find(b" ", position)
        end = len(runs) if end < 0 else end
        if _DIGIT.search(text, position, end):
            yield position
        position = runs.find(_RUN, end)
    position = text.find("://")
    while position >= 0:
        if _TOKEN_RUN.match(text, position):
            yield position
        position = text.find("://", position + 1)


def _redact_line(line: str, patterns: list[re.Pattern[str]]) -> str:
    if len(line) > _MAX_LINE:  # no person wrote it, and every pattern would crawl over it
        return REDACTED
    lowered = line.lower()
    if any(stem in lowered for stem in _STEMS) and ("=" in line or ":" in line):
        if _QUOTE.search(line):
            line = _replace_values(_QUOTED_ASSIGNMENT, line, _is_quoted_secret)
        line = _replace_values(_BARE_ASSIGNMENT, line, _is_bare_secret)
    if not _TOKEN_RUN.search(line):
        return line
    for pattern in patterns:
        line = pattern.sub(_replace_token, line)
    return _QUOTED_TOKEN.sub(
        lambda match: f"{match[1]}{REDACTED}{match[1]}" if _is_random(match[2]) else match[0], line
    )


def _replace_values(pattern: re.Pattern[str], line: str, is_secret: Callable[[str, str], bool]) -> str:
    def replace(match: re.Match[str]) -> str:
        if not is_secret(match["name"], match["value"]):
            return match[0]
        start, end = match.start("value") - match.start(), match.end("value") - match.start()
        return f"{match[0][:start]}{REDACTED}{match[0][end:]}"

    return pattern.sub(replace, line)


def _is_quoted_secret(name: str, value: str) -> bool:
    if _PLACEHOLDER.search(value) or " " in value:
        return False
    if not _WORDS.match(value):
        return True
    # A value of letters alone is a secret only under a telling name, and not if it names a secret in turn.
    return bool(_PLAIN_SECRET_NAME.search(name)) and not _STEM_IN_VALUE.search(value)


def _is_bare_secret(_name: str, value: str) -> bool:
    has_both = bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))
    if not has_both or _PLACEHOLDER.search(value) or re.match(r"^[A-Za-z_]\w*(?:\.\w+)+$", value):
        return False
    return not value.isidentifier() or _entropy(value) >= _NAMED_ENTROPY


def _replace_token(match: re.Match[str]) -> str:
    """Keep what surrounds the token where the pattern marks it by a group of its own, as in a URL."""
    group = match.lastindex or 0
    if group and match[group] and len(match[group]) >= _MIN_TOKEN:
        return match[0].replace(match[group], REDACTED)
    return REDACTED


def _is_random(token: str) -> bool:
    if _HEXADECIMAL.match(token):
        return not token.isdecimal() and _entropy(token) >= _HEXADECIMAL_ENTROPY
    if _ALPHABET.search(token):
        return False
    kinds = (r"\d", "[a-z]", "[A-Z]")
    return all(re.search(kind, token) for kind in kinds) and _entropy(token) >= _BASE64_ENTROPY


def _entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def _redact_private_keys(text: str) -> str:
    if "PRIVATE KEY" not in text:
        return text
    pieces = []
    position = 0
    while begin := _PRIVATE_KEY.search(text, position):
        limit = begin.end() + _PRIVATE_KEY_CHARACTERS
        end = text.find("-----END", begin.end(), limit)
        if end < 0:  # a key that is cut off: its lines go on for as long as they look like one
            end = begin.end()
            for line in text[begin.end() : limit].splitlines(keepends=True):
                if line.strip() and not re.fullmatch(r"[A-Za-z0-9+/=]{16,}", line.strip()):
                    break
                end += len(line)
        pieces += [text[position : begin.end()], _PRIVATE_KEY_BODY.sub(REDACTED, text[begin.end() : end])]
        position = end
    return "".join([*pieces, text[position:]])


@dataclass(frozen=True, slots=True)
class _Rules:
    files: re.Pattern[str]
    shared: re.Pattern[str]
    folders: frozenset[str]
    detectors: tuple[str, ...]
    patterns: tuple[str, ...]


@cache
def _rules() -> _Rules:
    table = tomllib.loads((files(__package__) / "secrets.toml").read_text(encoding="utf-8"))
    return _Rules(
        files=re.compile("|".join(map(translate, table["files"]))),
        shared=re.compile("|".join(map(translate, table["shared"]))),
        folders=frozenset(table["folders"]),
        detectors=tuple(table["detectors"]),
        patterns=tuple(table["patterns"]),
    )


@lru_cache(maxsize=1)
def _token_patterns() -> list[re.Pattern[str]]:
    """Collect the patterns of the detectors; they are loaded late because detect-secrets is slow to import."""
    patterns = [re.compile(pattern) for pattern in _rules().patterns]
    for detector in _rules().detectors:
        module, _, name = detector.partition(".")
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        patterns += plugin.denylist
    return patterns
