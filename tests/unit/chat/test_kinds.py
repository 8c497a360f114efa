import pytest

from fimble_server.chat.kinds import classify


@pytest.mark.parametrize(
    ("question", "kind", "subject"),
    [
        ("What does this project do?", "overview", ""),
        ("what is this repo about", "overview", ""),
        ("Give me an overview of this package", "overview", ""),
        ("Who calls parse_header?", "callers", "parse_header"),
        ("who uses `Cart.total`?", "callers", "`Cart.total`"),
        ("Where is redact called?", "callers", "redact"),
        ("Which functions call the parser?", "callers", "the parser"),
        ("What breaks if I change Store.open?", "dependents", "Store.open"),
        ("what would break if I removed src/a.py", "dependents", "src/a.py"),
        ("What depends on words.py?", "dependents", "words.py"),
        ("which files import bakery.oven", "dependents", "bakery.oven"),
        ("Where are cookies parsed?", "place", ""),
        ("Which class handles redirects?", "place", ""),
        ("How are redirects followed?", "explanation", ""),
        ("What does this function do when the index is missing?", "explanation", ""),
        ("", "explanation", ""),
    ],
)
def test_the_words_of_a_question_tell_its_kind(question: str, kind: str, subject: str) -> None:
    asked = classify(question)
    assert (asked.kind, asked.subject) == (kind, subject)
