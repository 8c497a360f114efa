"""Messages with an engine that the test controls: what it is asked, what is made of its answers, what if it fails."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from fakes import FakeEngine, FakeWriter
from fimble_server.commits.compose import Suggestion, shorter_limit, suggest_message
from fimble_server.config import CommitSettings
from fimble_server.engine.client import Engine
from fimble_server.engine.protocol import Generate, Generated
from fimble_server.errors import FimbleError
from repositories import Git

KEY = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
CODE = "def sell(item, price):\n    return item\n"


class Failing(FakeEngine):
    """Fails, or takes its time."""

    def __init__(self, error: FimbleError | None = None) -> None:
        super().__init__()
        self.error = error

    async def generate(self, request: Generate) -> AsyncGenerator[str | Generated, None]:
        if self.error is not None:
            raise self.error
        await asyncio.sleep(60)
        yield Generated(request.id, "stop", 1, 0, 5, {})


def writer(*texts: str) -> FakeWriter:
    return FakeWriter(texts=[*texts, *["Sell items for a price"] * 20])


def sent(engine: FakeWriter) -> str:
    return "\n".join(turn.content for request in engine.questions for turn in request.messages)


async def suggest(git: Git, engine: Engine, **settings: float) -> Suggestion:
    return await suggest_message(git.repository, engine, CommitSettings.model_validate(settings))


async def test_the_subject_is_the_models_and_the_rest_is_certain(git: Git) -> None:
    git.stage("shop.py", CODE)
    git.stage("till.py", "def count():\n    return 1\n")
    suggestion = await suggest(git, writer(*["Sell items in the shop"] * 4))
    assert suggestion.from_model
    assert suggestion.message == "Sell items in the shop\n\n- till.py: add count"


async def test_the_likeliest_candidate_comes_first_then_what_most_agree_on(git: Git) -> None:
    git.stage("shop.py", CODE)
    texts = ["Sell items", "Write something else entirely", "Sell an item at its price", "Sell an item for its price"]
    suggestion = await suggest(git, writer(*texts))
    subjects = [candidate.partition("\n")[0] for candidate in suggestion.candidates]
    assert subjects[0] == texts[0]
    assert subjects[3] == texts[1]
    assert set(texts) < set(subjects)


async def test_a_subject_that_names_nothing_of_the_only_file_gets_a_body_that_does(git: Git) -> None:
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, writer("Write something else entirely"))
    assert "Write something else entirely\n\n- Add sell" in suggestion.candidates
    assert "Sell an item" in (await suggest(git, writer("Sell an item"))).candidates


async def test_a_candidate_that_does_not_end_comes_behind_those_that_do(git: Git) -> None:
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, writer("Sell " + "items and " * 20, "Sell an item"))
    assert suggestion.message in {"Sell an item", "Sell items for a price"}


async def test_a_subject_of_the_history_is_not_repeated(git: Git) -> None:
    git.commit("Open the door", a="a\n")
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, writer("Open the door", "Open the door", "Open the door", "Sell items"))
    assert suggestion.message == "Sell items"


async def test_fences_the_prompt_and_empty_answers_are_no_subject(git: Git) -> None:
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, writer("```", "", "Write the subject line of the git commit message", "..."))
    assert not suggestion.from_model
    assert suggestion.message == "Add sell to shop.py"


async def test_without_a_model_the_facts_speak(git: Git) -> None:
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, Failing(FimbleError("the model is not here; run fimble models pull")))
    assert suggestion.message == "Add sell to shop.py"
    assert "run fimble models pull" in suggestion.warnings[0]


async def test_an_engine_that_hangs_is_not_waited_for(git: Git) -> None:
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, Failing(), seconds=1)
    assert suggestion.message == "Add sell to shop.py"
    assert "1 s" in suggestion.warnings[0]


async def test_a_planted_key_is_never_sent_and_told_of(git: Git) -> None:
    git.stage("shop.py", f'token = "{KEY}"\n\n\ndef connect():\n    return open("https://me:{KEY}@example.com")\n')
    git.stage("data.json", f'{{"{KEY}": 1}}\n')
    git.stage(".env", f"TOKEN={KEY}\n")
    engine = writer()
    suggestion = await suggest(git, engine)
    assert "shop.py" in sent(engine)
    assert KEY not in sent(engine)
    assert KEY not in str(suggestion.candidates)
    assert any(warning.startswith("shop.py:1 looks like a secret") for warning in suggestion.warnings)
    assert any(warning.startswith(".env ") for warning in suggestion.warnings)


async def test_a_secret_that_goes_is_not_warned_of(git: Git) -> None:
    git.commit("Start", **{"shop.py": f'token = "{KEY}"\n'})
    git.stage("shop.py", "token = load()\n")
    suggestion = await suggest(git, writer())
    assert suggestion.warnings == ()


async def test_a_prompt_is_bounded_however_large_the_commit(git: Git) -> None:
    for number in range(300):
        git.write(f"src/file{number}.py", "".join(f"def function_{number}_{i}():\n    return {i}\n" for i in range(80)))
    git("add", "--all")
    engine = writer()
    suggestion = await suggest(git, engine)
    assert suggestion.from_model
    assert max(sum(len(turn.content) for turn in request.messages) for request in engine.questions) < 8000
    assert len(engine.questions) < 20


async def test_a_shorter_one(git: Git) -> None:
    git.stage("shop.py", CODE)
    git.stage("till.py", CODE)
    message = "Sell items in the shop for a price that is given\n\n- and more"
    shorter = await suggest_message(git.repository, None, CommitSettings(), longest=shorter_limit(message))
    assert len(shorter.message) <= 36
    assert "\n" not in shorter.message


@pytest.mark.parametrize("form", ["feat: {}", "{}"])
async def test_the_form_is_that_of_the_history(git: Git, form: str) -> None:
    for number, subject in enumerate(("add tables", "keep cells", "use fewer copies")):
        git.commit(form.format(subject), **{f"f{number}": subject})
    git.stage("shop.py", CODE)
    suggestion = await suggest(git, writer(*[form.format("sell items")] * 4))
    assert suggestion.message == form.format("sell items")


async def test_a_sweeping_change_is_not_called_after_one_file(git: Git) -> None:
    for number in range(60):
        git.write(f"src/file{number}.py", f"def function{number}():\n    return 1\n")
    git("add", "--all")
    suggestion = await suggest(git, writer("Write function 3"))
    assert suggestion.message.startswith("Add 60 files in src\n")
    assert any(candidate.startswith("Write function 3") for candidate in suggestion.candidates)


async def test_what_a_prompt_cannot_hold_is_read_before(git: Git) -> None:
    for name in ("shop", "till", "door"):
        git.stage(f"{name}.py", "".join(f"def {name}{i}(item):\n    return item + {i}\n\n\n" for i in range(100)))
    engine = writer("sum up the first", "sum up the second", "sum up the third", "Sell items")
    suggestion = await suggest(git, engine, prompt_tokens=150)
    assert "sum up the second" in engine.questions[3].messages[1].content
    assert suggestion.message.startswith("Sell items\n")


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("CHANGELOG.md", "# 1.0\n", "Update CHANGELOG.md"),
        ("docs/guide.md", "# Guide\n", "Add Guide to guide.md"),
        ("uv.lock", "one\n", "Add uv.lock"),
    ],
)
async def test_what_needs_no_model_is_not_left_to_one(git: Git, path: str, content: str, message: str) -> None:
    git.commit("Start", **{"CHANGELOG.md": "# 0.9\n"})
    git.stage(path, content)
    engine = writer("Write something else entirely")
    everything = await suggest_message(git.repository, engine, CommitSettings())
    assert everything.message == message
    assert any(candidate.startswith("Write something else entirely\n") for candidate in everything.candidates)
    another = await suggest_message(git.repository, engine, CommitSettings(), attempt=1)
    assert another.message.partition("\n")[0] == "Sell items for a price"
    asked = len(engine.questions)
    one = await suggest_message(git.repository, engine, CommitSettings(), only_best=True)
    assert (one.message, len(engine.questions)) == (message, asked)


async def test_what_a_new_test_says_comes_before_what_a_model_says(git: Git) -> None:
    git.commit("Start", **{"shop.py": CODE})
    git.stage("shop.py", CODE.replace("item\n", "price\n"))
    git.stage("test_shop.py", "def test_shop_returns_price_of_items():\n    assert True\n")
    suggestion = await suggest(git, writer("Write something else entirely"))
    assert suggestion.message.startswith("Return price of items in shop\n")


async def test_one_message_is_written_once(git: Git) -> None:
    git.stage("shop.py", CODE)
    engine = writer("Sell items in the shop")
    suggestion = await suggest_message(git.repository, engine, CommitSettings(), only_best=True)
    assert suggestion.message == "Sell items in the shop"
    assert len(engine.questions) == 1


async def test_one_message_is_written_again_where_something_is_wrong_with_it(git: Git) -> None:
    git.commit("Open the door", a="a\n")
    git.stage("shop.py", CODE)
    engine = writer("Open the door", "Sell " + "items and " * 20, "Sell items")
    suggestion = await suggest_message(git.repository, engine, CommitSettings(), only_best=True)
    assert suggestion.message == "Sell items"
    assert len(engine.questions) == 3


async def test_the_engine_starts_while_the_changes_are_read(git: Git) -> None:
    git.stage("shop.py", CODE)
    engine = writer()
    await suggest(git, engine)
    assert engine.status_calls == 1
