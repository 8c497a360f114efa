"""How well Fimble's definitions agree with those of universal-ctags, for one large package of each of five languages.

`python benchmarks/definitions.py [--json OUT] [NAME ...]` prints recall (of what ctags lists, how much Fimble lists)
and precision (the reverse) for each group of kinds in `definitions.toml`, both again without the differences that the
file explains, and the largest classes of differences. Two definitions are the same if they stand in the same file, bear
the same name, are of one group, and their names stand at most a line apart. NAMEs are those of `corpora.toml`.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from corpora import CorpusError, corpora, fetch
from fimble_indexer.syntax.languages import language_for_path
from fimble_indexer.syntax.parse import parse

_DEFAULT = ["django", "rxjs", "ruff", "react-native", "duckdb"]
_LANGUAGES = tomllib.loads(Path(__file__).with_name("definitions.toml").read_text(encoding="utf-8"))
_RELATED = {"cpp": {"cpp", "c"}}  # what else a parser of ctags reads
_LINES_APART = 1
_HEADER_LINES = 60  # decorators, attributes and template parameters stand before a name
_EXAMPLES = 3
_CLASSES = 24


@dataclass(frozen=True)
class Named:
    """A definition, as either side has it. `lines` are those where its name may stand, 1-based and at least one."""

    path: str
    name: str
    kind: str
    lines: tuple[int, ...]
    scope: str | None

    @property
    def what(self) -> str:
        return f"{self.kind} in {self.scope or 'file'}"

    def apart(self, other: "Named") -> int:
        return min(abs(line - another) for line in self.lines for another in other.lines)


@dataclass
class Agreement:
    """What both sides, or only one of them, list of a group."""

    both: int = 0
    explained_ctags: int = 0
    explained_fimble: int = 0
    only_ctags: list[Named] = field(default_factory=list)
    only_fimble: list[Named] = field(default_factory=list)
    pairs: list[Named] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return _share(self.both, len(self.only_ctags))

    @property
    def precision(self) -> float:
        return _share(self.both, len(self.only_fimble))

    @property
    def explained_recall(self) -> float:
        return _share(self.both, len(self.only_ctags) - self.explained_ctags)

    @property
    def explained_precision(self) -> float:
        return _share(self.both, len(self.only_fimble) - self.explained_fimble)


def ctags_version() -> str:
    """Return the version of universal-ctags. Raises SystemExit if it is missing, or cannot write JSON."""
    try:
        version = _run(["ctags", "--version"], Path.cwd()).partition(",")[0]
        features = _run(["ctags", "--list-features"], Path.cwd())
    except FileNotFoundError:
        raise SystemExit("universal-ctags is needed: install it, so that `ctags` is found") from None
    except subprocess.CalledProcessError:
        version, features = "this ctags", ""
    if not version.startswith("Universal Ctags") or "json" not in features:
        raise SystemExit(f"universal-ctags with JSON output is needed, and {version} is not that")
    return version


def ctags_definitions(root: Path, parser: str) -> Iterator[Named]:
    kinds = [f"--kinds-{name}=+p" for name in parser.split(",") if name.startswith("C")]
    command = ["ctags", "-R", "--links=no", "--output-format=json", "--fields=+neKZ", f"--languages={parser}", *kinds]
    for line in _run([*command, "-f", "-", "."], root).splitlines():
        tag = json.loads(line)
        if tag["_type"] == "tag" and not tag["name"].startswith("__anon"):
            kind = tag["kind"]
            if kind == "typedef" and "__anon" in tag.get("typeref", ""):  # a typedef names the struct itself
                kind = tag["typeref"].partition(":")[0]
            path = tag["path"].removeprefix("./")
            yield Named(path, _plain(tag["name"]), kind, (tag["line"],), tag.get("scopeKind"))


def fimble_definitions(root: Path, language: str) -> Iterator[Named]:
    wanted = _RELATED.get(language, {language})
    for path in sorted(root.rglob("*")):
        found = language_for_path(path)
        if found is None or found.name not in wanted or not path.is_file() or path.is_symlink():
            continue
        source = path.read_bytes()
        lines = source.decode("utf-8", "replace").split("\n")
        symbols = parse(source, found)
        kinds: dict[str, str] = {}
        for d in symbols.definitions:
            kinds.setdefault(d.qualified_name, d.kind)
        for d in symbols.definitions:
            word = re.compile(rf"(?<!\w){re.escape(d.name)}(?!\w)")
            header = range(d.start_line, min(d.end_line, d.start_line + _HEADER_LINES))
            named = tuple(i + 1 for i in header if word.search(lines[i])) or (d.start_line + 1,)
            name = str(path.relative_to(root))
            scope = kinds.get(d.parent or "")
            kind = "enumerator" if d.kind == "constant" and scope == "enum" else d.kind
            yield Named(name, _plain(d.name), kind, named, scope)


def explain(agreements: dict[str, Agreement], language: str, root: Path) -> Counter[str]:
    """Count the differences that each explanation of `definitions.toml` covers; the first that fits counts."""
    rules = _LANGUAGES[language].get("explained", [])
    listed = Counter((d.path, d.name) for a in agreements.values() for d in a.pairs)
    other_kind = {
        side: {(d.path, d.name) for a in agreements.values() for d in getattr(a, f"only_{side}")}
        for side in ("ctags", "fimble")
    }
    counts: Counter[str] = Counter()
    for a in agreements.values():
        for side, other in (("ctags", "fimble"), ("fimble", "ctags")):
            for d in getattr(a, f"only_{side}"):
                for rule in rules:
                    if (
                        rule["only"] == side
                        and any(fnmatch(d.what, pattern) for pattern in rule["what"])
                        and re.search(rule.get("name", ""), d.name)
                        and (not rule.get("again") or listed[d.path, d.name])
                        and (not rule.get("other_kind") or (d.path, d.name) in other_kind[other])
                        and (not rule.get("indented") or _is_indented(root, d))
                    ):
                        counts[rule["why"]] += 1
                        setattr(a, f"explained_{side}", getattr(a, f"explained_{side}") + 1)
                        break
    return counts


def _is_indented(root: Path, definition: Named) -> bool:
    return _lines(root / definition.path)[definition.lines[0] - 1][:1].isspace()


@cache
def _lines(path: Path) -> list[str]:
    return [*path.read_text(encoding="utf-8", errors="replace").split("\n"), ""]


def compare(theirs: Iterable[Named], ours: Iterable[Named], language: str) -> dict[str, Agreement]:
    """Pair the definitions of both sides, group by group."""
    groups = _LANGUAGES[language]["groups"]
    ctags_group = {kind: group for group, kinds in groups.items() for kind in kinds["ctags"]}
    fimble_group = {kind: group for group, kinds in groups.items() for kind in kinds["fimble"]}
    agreements = {group: Agreement() for group in groups}
    open_: defaultdict[tuple[str, str, str], list[Named]] = defaultdict(list)
    for definition in ours:
        if group := fimble_group.get(definition.kind):
            open_[group, definition.path, definition.name].append(definition)
    for tag in theirs:
        if not (group := ctags_group.get(tag.kind)):
            continue
        candidates = open_[group, tag.path, tag.name]
        nearest = min(candidates, key=tag.apart, default=None)
        if nearest is not None and tag.apart(nearest) <= _LINES_APART:
            candidates.remove(nearest)
            agreements[group].both += 1
            agreements[group].pairs.append(tag)
        else:
            agreements[group].only_ctags.append(tag)
    for (group, _, _), left in open_.items():
        agreements[group].only_fimble.extend(left)
    return agreements


def classes_of_differences(agreements: dict[str, Agreement]) -> list[dict[str, Any]]:
    """Group what only one side lists by kind, by what encloses it, and by what the other side has at that place."""
    sides = {
        "ctags": [d for agreement in agreements.values() for d in agreement.only_ctags],
        "fimble": [d for agreement in agreements.values() for d in agreement.only_fimble],
    }
    places = {
        side: {(d.path, d.name, line + shift): d.kind for d in found for line in d.lines for shift in (-1, 1, 0)}
        for side, found in sides.items()
    }
    classes: defaultdict[tuple[str, str, str], list[Named]] = defaultdict(list)
    for side, other in (("ctags", "fimble"), ("fimble", "ctags")):
        for d in sides[side]:
            kind = places[other].get((d.path, d.name, d.lines[0]))
            classes[side, d.what, f"a {kind} for {other}" if kind else "unlisted"].append(d)
    largest = sorted(classes.items(), key=lambda item: -len(item[1]))[:_CLASSES]
    return [
        {
            "only": side,
            "what": what,
            "other": other,
            "count": len(found),
            "examples": [
                f"{d.path}:{d.lines[0]} {d.name}" for d in found[:: max(1, len(found) // _EXAMPLES)][:_EXAMPLES]
            ],
        }
        for (side, what, other), found in largest
    ]


def measure(name: str) -> dict[str, Any]:
    corpus, root = corpora()[name], fetch(name)
    ours = list(fimble_definitions(root, corpus.language))
    theirs = list(ctags_definitions(root, _LANGUAGES[corpus.language]["parser"]))
    agreements = compare(theirs, ours, corpus.language)
    explained = explain(agreements, corpus.language, root)
    return {
        "corpus": name,
        "version": corpus.version,
        "language": corpus.language,
        "files": len({d.path for d in ours}),
        "groups": {
            group: {
                "both": a.both,
                "only_ctags": len(a.only_ctags),
                "only_fimble": len(a.only_fimble),
                "recall": round(a.recall, 4),
                "precision": round(a.precision, 4),
                "explained_recall": round(a.explained_recall, 4),
                "explained_precision": round(a.explained_precision, 4),
            }
            for group, a in agreements.items()
        },
        "explained": explained,
        "differences": classes_of_differences(agreements),
    }


def _share(part: int, rest: int) -> float:
    return part / max(1, part + rest)


def _plain(name: str) -> str:
    return name.replace(" ", "").strip("\"'`")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['corpus']} {result['version']} ({result['language']}), {result['files']} files")
    print(f"  {'group':12} {'both':>7} {'ctags':>7} {'fimble':>7} {'recall':>7} {'precision':>9}   explained")
    for group, a in result["groups"].items():
        counts = f"{a['both']:7} {a['only_ctags']:7} {a['only_fimble']:7}"
        raw = f"{a['recall']:7.3f} {a['precision']:9.3f}"
        print(f"  {group:12} {counts} {raw}   {a['explained_recall']:.3f} {a['explained_precision']:.3f}")
    for why, count in result["explained"].items():
        print(f"  explained: {count} {why}")
    for d in result["differences"]:
        print(f"  only {d['only']}: {d['count']} {d['what']}, {d['other']}: {'; '.join(d['examples'])}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", default=_DEFAULT)
    parser.add_argument("--json", type=Path, metavar="OUT")
    arguments = parser.parse_args()
    version = ctags_version()
    results = []
    try:
        for name in arguments.names:
            results.append(measure(name))
            _print(results[-1])
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        arguments.json.write_text(json.dumps({"ctags": version, "results": results}, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
