"""Write the server's settings into the extension's manifest, from their schema: `contributes.configuration`.

.venv/bin/python editors/vscode/scripts/contribute_settings.py
"""

import json
from pathlib import Path
from typing import Any

from fimble_server.settings_reference import settings_schema

MANIFEST = Path(__file__).resolve().parents[1] / "package.json"
_OWN: dict[str, Any] = {
    "title": "Fimble",
    "properties": {
        "fimble.path": {
            "type": "string",
            "default": "",
            "scope": "machine",
            "markdownDescription": (
                "The whole path of the `fimble` executable; empty to look on the PATH and then in the virtual "
                "environment that the extension installs. A workspace cannot set it."
            ),
        }
    },
}
_MACHINE = {"model", "engine", "chat"}
"""What a workspace must not set: it names files, or takes the machine's memory and processors."""
_DECIDED = {"trusted"}
"""What VS Code decides by itself."""
_KEPT = ("type", "default", "description", "enum", "items", "minimum", "maximum")


def configuration() -> list[dict[str, Any]]:
    """Return `contributes.configuration`: the extension's own setting, then one for each section of the server's."""
    schema = settings_schema()
    categories = [_OWN]
    for name, value in schema["properties"].items():
        if name in _DECIDED:
            continue
        if "$ref" in value:
            section = schema["$defs"][value["$ref"].rpartition("/")[2]]
            properties = {f"{name}.{key}": setting for key, setting in section["properties"].items()}
            categories.append(_category(section["description"], properties, name))
        else:
            categories.append(_category(value["title"], {name: value}, name))
    return categories


def manifest_with(text: str, categories: list[dict[str, Any]]) -> str:
    """Return the manifest's text with these categories in it."""
    manifest = json.loads(text)
    manifest["contributes"]["configuration"] = categories
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _category(title: str, properties: dict[str, Any], section: str) -> dict[str, Any]:
    scope = "machine" if section in _MACHINE else "window"
    return {
        "title": title.partition(";")[0].rstrip("."),
        "properties": {
            f"fimble.{name}": {key: value[key] for key in _KEPT if key in value} | {"scope": scope}
            for name, value in properties.items()
        },
    }


if __name__ == "__main__":
    MANIFEST.write_text(manifest_with(MANIFEST.read_text(encoding="utf-8"), configuration()), encoding="utf-8")
