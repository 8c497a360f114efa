"""What llama.vim shows of an answer: not what stands there already. After the behaviour of ggml-org/llama.vim."""


def without_repetition(content: str, text: str, cursor: int) -> str:
    """Return the text to show at a cursor, "" if the answer merely repeats what follows it."""
    lines = content.rstrip("\n").split("\n")
    typed = text[:cursor].rpartition("\n")[2]
    line_suffix, *below = text[cursor:].split("\n")
    if not (typed + line_suffix).strip():
        # On a blank line the answer begins where the line does: the indentation is there already.
        space = min(len(lines[0]) - len(lines[0].lstrip()), len(typed))
        lines[0] = lines[0][space:]
    repeats_below = len(lines) > 1 and not lines[0] and lines[1:] == below[: len(lines) - 1]
    if repeats_below or lines == [line_suffix]:
        return ""
    following = next((number for number, line in enumerate(below) if line.strip()), None)
    if following is not None and typed + lines[0] == below[following]:
        rest = below[following + 1 :]
        if (
            len(lines) == 1
            or (len(lines) == 2 and rest and rest[0].startswith(lines[1]))
            or (len(lines) > 2 and lines[1:] == rest[: len(lines) - 1])
        ):
            return ""
    return "\n".join(lines)
