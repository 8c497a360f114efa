"""The reference of all settings, made from their definitions: a table for people, a JSON schema for editors."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fimble_server.config import WORKSPACE_FILE, WORKSPACE_SECTIONS, Settings

_HEADER = f"""# Settings

Settings come from three places, each over the one before: the user's file (`fimble doctor` says where it is), the
workspace's file `{WORKSPACE_FILE.as_posix()}`, and the editor's settings under `fimble`. Files are TOML:

```toml
model = "qwen2.5-coder-1.5b"

[completion]
disabled_languages = ["markdown"]
```

The workspace's file may set {" and ".join(f"`{name}`" for name in sorted(WORKSPACE_SECTIONS))} only. A value that
does not fit is told and left out; the rest still counts. Tokens are pieces of about three characters.

`fimble settings` prints this page. Files that a `.fimbleignore` names, written as a `.gitignore` is, are left out of
the index. The environment variable `FIMBLE_HOME` names one folder for all that Fimble keeps: settings, models, indexes,
conversations.

| setting | default | meaning |
| --- | --- | --- |
"""


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of the settings."""
    return Settings.model_json_schema()


def settings_page() -> str:
    """Return the reference in Markdown."""
    rows = (f"| `{name}` | `{default}` | {field.description} |\n" for name, field, default in _settings(Settings, ""))
    return _HEADER + "".join(rows)


def _settings(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo, str]]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{prefix}{name}.")
        else:
            yield prefix + name, field, _as_toml(field.default)


def _as_toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(_as_toml, value))}]"
        case _:
            return str(value)
