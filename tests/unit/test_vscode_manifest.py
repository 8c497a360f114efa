"""What the VS Code extension repeats of the server, so that the two cannot drift apart."""

import json
import runpy

from conftest import PROJECT
from fimble_server.config import Settings

_EXTENSION = PROJECT / "editors" / "vscode"
_SCRIPT = "editors/vscode/scripts/contribute_settings.py"


def test_settings_are_those_of_the_server() -> None:
    script = runpy.run_path(str(PROJECT / _SCRIPT))
    manifest = (_EXTENSION / "package.json").read_text(encoding="utf-8")
    assert manifest == script["manifest_with"](manifest, script["configuration"]()), f"run: python {_SCRIPT}"


def test_defaults_are_accepted_by_the_server() -> None:
    manifest = json.loads((_EXTENSION / "package.json").read_text(encoding="utf-8"))
    settings: dict[str, object] = {}
    for category in manifest["contributes"]["configuration"]:
        for name, setting in category["properties"].items():
            *sections, last = name.split(".")[1:]
            place = settings
            for section in sections:
                place = place.setdefault(section, {})  # type: ignore[assignment]
            place[last] = setting["default"]
    del settings["path"]
    assert Settings.model_validate(settings) == Settings()
