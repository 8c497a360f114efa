"""Where a completion ends, decided on its text while it is generated."""

from fimble_server.engine.protocol import Stop

_CLOSERS = ")]}"


def end_of(text: str, stop: Stop) -> int | None:
    """Return the length at which `text` is to be cut because it is complete, or None while it is not.

    `text` is what was generated so far; the cut leaves no trailing line break.
    """
    if stop.until == "line":
        end = text.find("\n")
        return None if end < 0 else len(text[:end].rstrip("\r"))
    return _end_of_block(text, stop)


def _end_of_block(text: str, stop: Stop) -> int | None:
    lines = text.split("\n")
    length = len(lines[0])
    for number, line in enumerate(lines[1:], start=1):
        complete = number < len(lines) - 1
        if number >= stop.lines:
            return _without_blank_end(text, length)
        if line.strip():
            if len(line) - len(line.lstrip()) < stop.indent:
                return _closing_line(text, length, line, complete=complete)
        elif complete and (stop.indent == 0 or (number > 1 and not lines[number - 1].strip())):
            # The first line is the end of the cursor's own: that it is empty says nothing.
            return _without_blank_end(text, length)
        length += 1 + len(line)
    return None


def _closing_line(text: str, length: int, line: str, *, complete: bool) -> int | None:
    """Keep a line that closes the block, `}` or `})`, once all of it is there; cut before any other."""
    content = line.strip()
    if content[0] not in _CLOSERS:
        return _without_blank_end(text, length)
    if not complete and content.strip(_CLOSERS + ";, ") == "":
        return None
    indent = len(line) - len(line.lstrip())
    closers = len(content) - len(content.lstrip(_CLOSERS + ";,"))
    return length + 1 + indent + closers


def _without_blank_end(text: str, length: int) -> int:
    return len(text[:length].rstrip())
