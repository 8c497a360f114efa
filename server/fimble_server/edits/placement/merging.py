"""Definitions of a block put in the place of those of a file; what the block does not show is kept."""

import re
from collections.abc import Sequence

from fimble_indexer.syntax.outline import Item, Span
from fimble_server.edits.placement.blocks import Block
from fimble_server.edits.placement.elisions import Kept, restore
from fimble_server.edits.placement.encoding import to_bytes, to_text
from fimble_server.edits.placement.inserting import insertion
from fimble_server.edits.placement.matching import find_matches
from fimble_server.edits.placement.placing import (
    DATA,
    ApplyError,
    File,
    Replacement,
    code_of,
    end_of,
    title,
    words,
)

_EXPORT = re.compile(rb"export\s+(?:default\s+)?(?=\w)")


class Merge:
    """What the definitions of one block do to a file, collected from the outside in.

    ``how`` has a phrase for each definition, and ``left_out`` one for what has no place.
    """

    def __init__(self, file: File, block: Block) -> None:
        """Begin without any change."""
        self.file = file
        self.block = block
        self.replacements: list[Replacement] = []
        self.how: list[str] = []
        self.left_out: list[str] = []

    def place(self, items: Sequence[Item], container: Item | None = None) -> None:
        """Put items into a container, or into the file.

        Raises:
            ApplyError: it is not certain where one of them belongs, or what it leaves out.

        """
        matches = find_matches(items, self.block, self.file, container)
        previous: Item | None = None
        waiting: list[Item] = []  # new ones that stand before the next that is known, not behind the last one
        end = 0  # of the last one, in the block
        for item in items:
            match = matches.get(id(item))
            if match is not None:
                for new in waiting:
                    self._insert(new, container, None, match)
                waiting.clear()
                self._replace(match, item)
                previous = match
            elif previous is not None and not self.block.elisions_in(Span(end, item.lead)):
                self._insert(item, container, previous, None)
            else:
                previous = None
                waiting.append(item)
            end = item.span.end
        for new in waiting:
            self._insert(new, container, None, None)

    def _replace(self, old: Item, new: Item) -> None:
        elisions = self.block.elisions_in(new.span)
        if old.is_container and new.is_container and (elisions or self._unshown(old, new)):
            self._merge_members(old, new)
            return
        start, text = self._with_lead(old, new)
        if elisions:
            text += self._unshown_export(old, new) + self._filled(old, new)
        else:
            end = end_of(self.block.source, new, self.file.language)
            text += self._unshown_export(old, new) + self._code(new.span.start, end, old)
        self.replacements.append(Replacement(Span(start, self.file.end_of(old)), to_bytes(text)))
        self.how.append(f"replaced {title(old)}")

    def _unshown_export(self, old: Item, new: Item) -> str:
        """Return the word that exports a definition of the file, if the block leaves it out."""
        exported = _EXPORT.match(self.file.source, old.span.start)
        return exported[0].decode() if exported and not _EXPORT.match(self.block.source, new.span.start) else ""

    def _unshown(self, old: Item, new: Item) -> list[Item]:
        """Return the members, but for data, that the block does not show: they are kept."""
        shown = {member.name for member in new.members}
        return [member for member in old.members if member.kind not in DATA and member.name not in shown]

    def _merge_members(self, old: Item, new: Item) -> None:
        assert old.body is not None
        assert new.body is not None
        header = Span(old.span.start, old.body.start)
        new_header = self.block.source[new.span.start : new.body.start]
        export = self._unshown_export(old, new)
        if words(self.file.source[header.start : header.end]) != words(to_bytes(export) + new_header):
            text = export + self._code(new.span.start, new.span.start + len(new_header.rstrip()), old)
            end = header.start + len(self.file.source[header.start : header.end].rstrip())
            self.replacements.append(Replacement(Span(header.start, end), to_bytes(text)))
            self.how.append(f"replaced the head of {title(old)}")
        self.place(new.members, old)
        shown = {member.name for member in new.members}
        if kept := [member.name for member in old.members if member.name not in shown]:
            self.how.append(f"kept {len(kept)} other member{'s' * (len(kept) > 1)} of {title(old)}")
        self._note_loose(new)

    def _note_loose(self, new: Item) -> None:
        """Note the lines of a container that belong to none of its members and that the file has not."""
        assert new.body is not None
        known = {line.strip() for line in self.file.source.split(b"\n")}
        spans = [Span(member.lead, end_of(self.block.source, member, self.file.language)) for member in new.members]
        covered = {
            line
            for span in [*spans, Span(new.span.start, new.body.start)]
            for line in range(self.block.line_of(span.start), self.block.line_of(span.end) + 1)
        }
        lines = self.block.source.split(b"\n")
        body = range(self.block.line_of(new.body.start), self.block.line_of(new.body.end) + 1)
        for number in sorted(set(body) - covered - self.block.elisions):
            line = lines[number].strip()
            if any(character.isalnum() for character in line.decode("utf-8", "replace")) and line not in known:
                self.left_out.append(f"a line of {new.name} that is no member: {line.decode('utf-8', 'replace')}")

    def _with_lead(self, old: Item, new: Item) -> tuple[int, str]:
        """Return where the change begins, and what stands above the definition then.

        The comments and annotations of the old one are kept unless the new one has some of its own.
        """
        if not new.comments and not new.annotations:
            return old.span.start, ""
        keeps_comments = bool(old.comments) and not new.comments
        keeps_annotations = bool(old.annotations) and not new.annotations
        separator = f"{self.file.style.newline}{self.file.indent_at(old.span.start)}"
        if not keeps_comments and not keeps_annotations:
            end = max(span.end for span in (*new.comments, *new.annotations))
            between = self.block.source[end : new.span.start].decode()
            lead = self._code(new.lead, end, old)
            return old.lead, lead + (separator if "\n" in between else between)
        kept = old.comments if keeps_comments else old.annotations
        brought = new.annotations if keeps_comments else new.comments
        old_texts = [to_text(self.file.source[span.start : span.end]) for span in kept]
        new_texts = [self._code(span.start, span.end, old) for span in brought]
        texts = old_texts + new_texts if keeps_comments else new_texts + old_texts
        return old.lead, "".join(f"{text}{separator}" for text in texts)

    def _filled(self, old: Item, new: Item) -> str:
        """Return the code of a definition with what the block leaves out."""
        if old.body is None or new.body is None:
            raise ApplyError(f"The code leaves parts of {new.qualified_name} out; ask for the whole definition")
        source = self.file.source
        old_lines = source[old.span.start : self.file.end_of(old)].split(b"\n")
        end = end_of(self.block.source, new, self.file.language)
        new_lines: list[str | None] = list(self._code(new.span.start, end, old).split("\n"))
        first = self.block.line_of(new.span.start)
        for number in self.block.elisions_in(new.span):
            new_lines[number - first] = None
        parts = restore(
            [to_text(line).rstrip("\r") for line in old_lines],
            new_lines,
            old_header=_header_lines(source, old),
            new_header=_header_lines(self.block.source, new),
        )
        pieces: list[str] = []
        for part in parts:
            if isinstance(part, Kept):
                pieces += [to_text(line) for line in old_lines[part.start : part.end]]
            else:
                pieces.append(new_lines[part] or "")
        return "\n".join(pieces).removesuffix("\r")

    def _insert(self, item: Item, container: Item | None, previous: Item | None, following: Item | None) -> None:
        replacement, where = insertion(self.file, self.block, item, container, previous, following)
        self.replacements.append(replacement)
        self.how.append(f"added {title(item)} {where}")

    def _code(self, start: int, end: int, old: Item) -> str:
        """Return code of the block as it stands in the place of an item."""
        target = self.file.indent_at(old.span.start)
        return code_of(self.block, Span(start, end), target=target, style=self.file.style_at(old))


def _header_lines(source: bytes, item: Item) -> int:
    """Return how many lines of an item come before those of its body."""
    assert item.body is not None
    body = item.body.start + (source[item.body.start : item.body.start + 1] == b"{")
    following = len(source[body : item.body.end]) - len(source[body : item.body.end].lstrip(b" \t"))
    has_line_end = source[body + following : body + following + 1] in {b"\n", b"\r"}
    lines = source.count(b"\n", item.span.start, body)
    return lines + 1 if has_line_end else lines
