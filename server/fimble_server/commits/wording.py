"""Facts in words: what is done to a file, as phrases that begin with a verb."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import commonpath, dirname

from fimble_server.commits.dependencies import Dependency
from fimble_server.commits.facts import Facts, is_public
from fimble_server.commits.verbs import Mood, inflected

_SHORT_BLOB = 9
_LONGEST_SYMBOL = 60
_MOST_OBJECTS = 4
_VERBS = {"added": "add", "copied": "add", "removed": "remove", "renamed": "rename"}
_MANY = 40
"""Files of some weight, none of which stands for all."""
_LIGHT = 0.1
"""A file that weighs less than this part of the heaviest one is not what the commit is about."""
_PREPOSITIONS = {"add": "to", "remove": "from"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """An imperative: what is done, to what, and what else there is to say, such as from which version to which."""

    verb: str
    objects: tuple[str, ...]
    tail: str = ""

    def text(self, *, mood: Mood = "imperative", most: int = _MOST_OBJECTS) -> str:
        """Return the phrase with so many objects at most, in lower case."""
        shown = self.objects[:most]
        left = len(self.objects) - len(shown)
        names = [*shown, *([f"{left} more"] if left else [])]
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        return " ".join(filter(None, (inflected(self.verb, mood), listed, self.tail)))


def phrases(facts: Facts) -> tuple[Phrase, ...]:
    """Return what is done to a file; of symbols if they are known, of the file as a whole if not."""
    change = facts.change
    if change.is_submodule:
        verb = {"added": "add", "removed": "remove"}.get(change.status, "update")
        tail = f"to {change.new_blob[:_SHORT_BLOB]}" if verb == "update" else ""
        return (Phrase(verb, (f"submodule {facts.path}",), tail),)
    whole = _of_file(facts)
    if whole is not None and (change.status != "added" or not facts.added):
        return (whole, *_details(facts)) if change.status == "renamed" else (whole,)
    return (*_of_dependencies(facts.dependencies), *_details(facts)) or (Phrase("update", (facts.name,)),)


def _of_file(facts: Facts) -> Phrase | None:
    """Return what is done to the file as a whole, None if it only changes."""
    change = facts.change
    match change.status:
        case "added" | "copied" | "removed":
            return Phrase("remove" if change.status == "removed" else "add", (_described(facts),))
        case "renamed":
            return _move(change.old_path, change.path)
        case "retyped":
            return Phrase("turn", (facts.name,), f"into a {'symbolic link' if change.is_new_link else 'file'}")
    if change.is_content_same and change.new_permission:
        return Phrase("make", (facts.name,), change.new_permission)
    for verb, holds in (
        ("reformat", facts.is_whitespace),
        ("update", facts.is_generated or facts.kind in {"changelog", "lock"}),
        ("replace", change.is_binary or facts.is_large_file),
    ):
        if holds:
            return Phrase(verb, (_described(facts),))
    return None


def _described(facts: Facts) -> str:
    if facts.is_large_file:
        return f"{facts.name} (Git LFS)"
    if facts.change.is_binary:
        return f"binary file {facts.name}"
    return f"symbolic link {facts.name}" if facts.change.is_link else facts.name


def _move(old: str, new: str) -> Phrase:
    old_name, new_name = old.rpartition("/")[2], new.rpartition("/")[2]
    if dirname(old) == dirname(new):
        return Phrase("rename", (old_name,), f"to {new_name}")
    return (
        Phrase("move", (new_name,), f"to {dirname(new) or '.'}")
        if old_name == new_name
        else Phrase("move", (old,), f"to {new}")
    )


def _details(facts: Facts) -> tuple[Phrase, ...]:
    """Return what is done to the symbols of a file."""
    is_manifest = bool(facts.dependencies)
    groups = (
        ("add", facts.added),
        ("remove", facts.removed),
        ("change", tuple(dict.fromkeys((*facts.signatures, *facts.touched)))),
    )
    verbs = {"change": "update"} if facts.kind not in {"source", "tests"} else {}
    return tuple(
        Phrase(verbs.get(verb, verb), shown)
        for verb, names in groups
        if not is_manifest and (shown := tuple(sorted(filter(None, map(_shown, names)), key=is_public, reverse=True)))
    )


def _shown(symbol: str) -> str:
    """Return a symbol as people say it: of what is nested deeply the last two names, nothing if that is still long."""
    short = ".".join(symbol.split(".")[-2:]) if " " not in symbol else symbol
    return short if len(short) <= _LONGEST_SYMBOL and short.isprintable() else ""


def _of_dependencies(dependencies: Iterable[Dependency]) -> tuple[Phrase, ...]:
    found = list(dependencies)
    moved = tuple(
        Phrase("bump", (one.name or "version",), f"from {one.old} to {one.new}") for one in found if one.old and one.new
    )
    added = tuple(one.name for one in found if not one.old)
    removed = tuple(one.name for one in found if not one.new)
    return (
        *moved,
        *((Phrase("add", added, f"as {_plural('dependency', 'dependencies', added)}"),) if added else ()),
        *(
            (Phrase("remove", removed, f"from the {_plural('dependencies', 'dependencies', removed)}"),)
            if removed
            else ()
        ),
    )


def _plural(one: str, several: str, items: Sequence[object]) -> str:
    return one if len(items) == 1 else several


def headlines(facts: Sequence[Facts], mood: Mood) -> list[str]:
    """Return what a commit does in one line, in lower case: several versions, the fullest first."""
    heavy = _heavy(facts)
    main = max(heavy, key=lambda file: file.weight)
    if is_sweeping(facts):
        whole = counted(facts, mood)
        return [f"{whole} {_place(facts)}".rstrip(), whole, f"{inflected('update', mood)} {len(facts)} files"]
    first, *others = phrases(main)
    is_alike = len(heavy) > 1 and {phrases(file)[0].verb for file in heavy} == {first.verb}
    if is_alike and (main.kind not in {"source", "tests"} or all(file.change.is_content_same for file in heavy)):
        together = Phrase(first.verb, tuple(map(_object, heavy)), _place(heavy))
        return [together.text(mood=mood, most=most) for most in (3, 2, 1)]
    inside = "" if main.name in first.text() or first.tail else f" {_PREPOSITIONS.get(first.verb, 'in')} {main.name}"
    texts = [first.text(mood=mood, most=most) for most in (2, 1)]
    found = [f"{text}{inside}" for text in texts]
    if others and others[0].verb != first.verb:
        found.append(f"{texts[-1]} and {others[0].text(mood=mood, most=1)}{inside}")
    return [*found, *texts, f"{inflected('update', mood)} {main.name}"]


def is_sweeping(facts: Sequence[Facts]) -> bool:
    """Tell whether so many files change that no few of them say what it is about."""
    return len(_heavy(facts)) > _MANY


def _heavy(facts: Sequence[Facts]) -> list[Facts]:
    heaviest = max(file.weight for file in facts)
    return [file for file in facts if file.weight > heaviest * _LIGHT]


def _object(facts: Facts) -> str:
    """Return the file, as the phrase on it calls it."""
    first = phrases(facts)[0].objects[0]
    return first if facts.name in first else facts.name


def _place(facts: Sequence[Facts]) -> str:
    """Return the folder that all files are in, if there is one."""
    folder = commonpath([dirname(file.path) for file in facts]) if all(dirname(file.path) for file in facts) else ""
    return f"in {folder}" if folder else ""


def summary(facts: Facts, mood: Mood = "imperative") -> str:
    """Return what is done to a file in one line, in lower case."""
    return "; ".join(phrase.text(mood=mood) for phrase in phrases(facts))


def counted(facts: Sequence[Facts], mood: Mood) -> str:
    """Return what is done to many files: each verb with the number of files."""
    verbs = Counter(_VERBS.get(file.change.status, "update") for file in facts)
    return ", ".join(
        f"{inflected(verb, mood)} {count} {_plural('file', 'files', range(count))}" for verb, count in verbs.items()
    )
