import pytest

from fimble_indexer.syntax.languages import language_for_path, language_named, languages, languages_by_id


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


@pytest.mark.parametrize(
    ("language_id", "name"),
    [("python", "python"), ("shellscript", "bash"), ("sh", "bash"), ("cs", "csharp"), ("typescriptreact", "tsx")],
)
def test_editors_have_names_of_their_own_for_languages(language_id: str, name: str) -> None:
    assert languages_by_id()[language_id].name == name


def test_no_two_languages_share_what_editors_call_them() -> None:
    ids = [language_id for language in languages().values() for language_id in language.ids]
    assert len(ids) == len(set(ids))
