"""Text to the bytes that tree-sitter counts, and back, without losing half a character that an editor sent."""


def to_bytes(text: str) -> bytes:
    """Return UTF-8, with half characters as they are."""
    return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """Undo ``to_bytes``."""
    return data.decode("utf-8", "surrogatepass")
