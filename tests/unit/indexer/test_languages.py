import pytest

from fimble_indexer.syntax.languages import language_for_path, language_named, languages


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.py", "python"),
        ("B.PY", "python"),
        ("x.tsx", "tsx"),
        ("x.d.ts", "typescript"),
        ("include/x.hpp", "cpp"),
        ("Rakefile", "ruby"),
        (".bashrc", "bash"),
        ("README.md", "markdown"),
        ("notes.txt", None),
        ("Makefile", None),
        ("", None),
    ],
)
def test_language_is_told_by_the_name(path: str, name: str | None) -> None:
    language = language_for_path(path)

    assert (language and language.name) == name


def test_unknown_name_is_none() -> None:
    assert language_named("klingon") is None


@pytest.mark.parametrize("name", languages())
def test_grammar_and_query_load_once(name: str) -> None:
    language = languages()[name]

    assert language.load_grammar() is language.load_grammar()
    assert language.load_query() is language.load_query()


def test_no_two_languages_share_an_extension() -> None:
    extensions = [extension for language in languages().values() for extension in language.extensions]

    assert len(extensions) == len(set(extensions))
