"""Which model runs: what the user's setting names, resolved to a file and a prompt format."""

import os
from dataclasses import dataclass
from pathlib import Path

from fimble_prompts.fim import Format, load_format
from fimble_server.errors import FimbleError
from fimble_server.models.catalogue import default_name
from fimble_server.models.gguf import read_header
from fimble_server.models.importing import family_of
from fimble_server.models.storage import find_installed, model_file


@dataclass(frozen=True)
class ChosenModel:
    """A model that can run: its name for people, its file, and the format of its prompts."""

    name: str
    path: Path
    fim: Format


class NoFormatError(FimbleError):
    """The model cannot fill in the middle, as far as Fimble knows."""


def choose_model(setting: str) -> ChosenModel:
    """Return the model that the setting names: an installed one, a GGUF file by its path, or if empty the default.

    Raises:
        FimbleError: it is not installed, damaged, or has no known prompt format; the message says what to do.

    """
    if setting.endswith(".gguf"):
        path = Path(os.path.expanduser(setting))  # noqa: PTH111 - unlike pathlib's it never raises
        if not path.is_absolute():
            # The server's folder is the workspace: it must not be what supplies the weights.
            raise FimbleError(f"The setting `model` is {setting!r}; give the whole path of the file")
        try:
            family = family_of(read_header(path))
        except OSError as error:
            raise FimbleError(f"The model {path} cannot be read: {error.strerror}") from error
        return ChosenModel(path.stem, path, _format(path.name, family))
    name = setting or default_name()
    path = model_file(name)
    return ChosenModel(name, path, _format(name, find_installed(name).family))


def _format(name: str, family: str | None) -> Format:
    try:
        return load_format(family or "")
    except KeyError:
        raise NoFormatError(
            f"Fimble knows no fill-in-the-middle format for {name}; choose another model in the setting `model`"
        ) from None
