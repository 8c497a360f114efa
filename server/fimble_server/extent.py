"""How far a suggestion goes: to the end of its line, or to the end of the block that begins at the cursor."""

from fimble_indexer.syntax.languages import Language
from fimble_server.engine.protocol import Stop


def stop_for(text: str, offset: int, language: Language | None, *, explicit: bool, block_lines: int) -> Stop:
    """Decide where a suggestion at `offset` ends.

    A block is suggested where one has just been opened and nothing stands behind the cursor on its line; on an
    explicit request also where the cursor stands at the end of any line.
    """
    line_start = text.rfind("\n", 0, offset) + 1
    line = text[line_start:offset]
    if text[offset:].partition("\n")[0].strip():
        return Stop()
    indent = len(line) - len(line.lstrip(" \t"))
    if line.strip():
        if opens_block(line, language):
            return Stop("block", indent + 1, block_lines)
    elif opens_block(text[:line_start].rstrip().rpartition("\n")[2], language):
        return Stop("block", indent, block_lines)
    return Stop("block", indent, block_lines) if explicit else Stop()


def opens_block(line: str, language: Language | None) -> bool:
    """Tell whether an indented block follows a line, by what the line ends with."""
    line = line.rstrip()
    for opener in language.block_openers if language else ():
        rest = line.removesuffix(opener)
        # `do` opens a block, `undo` does not.
        if rest != line and not (opener[0].isalpha() and (rest[-1:].isalnum() or rest[-1:] == "_")):
            return True
    return False
