"""The form of a plan as a GBNF grammar: a file to change or remove can only be one that there is.

https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md describes the notation.
"""

import json
from collections.abc import Collection

from fimble_server.plans.steps import MOST_STEPS

_WHAT = '[^"\\\\\\x00-\\x1f\\x7f]'
_NAME = "[A-Za-z0-9_]"
_NAME_REST = "[A-Za-z0-9_.-]"


def plan_grammar(paths: Collection[str], *, may_remove: bool, most_steps: int = MOST_STEPS) -> str:
    """Return the grammar of plans about these files; without any, a plan can only create files.

    A new file has a path of plain names: no empty one, none that begins with a dot, so neither `..` nor `.git`.
    """
    kinds = " | ".join(["change"] * bool(paths) + ["remove"] * bool(paths and may_remove) + ["create"])
    rules = [
        f'root ::= "{{\\"steps\\": [" step (", " step){{0,{most_steps - 1}}} "]}}"',
        f"step ::= {kinds}",
        'create ::= "{\\"action\\": \\"create\\", \\"path\\": \\"" new "\\", \\"what\\": " what "}"',
        'new ::= (name "/"){0,6} name',
        f"name ::= {_NAME} {_NAME_REST}{{0,60}}",
        f'what ::= "\\"" {_WHAT}{{8,200}} "\\""',
    ]
    if paths:
        rules.append('change ::= "{\\"action\\": \\"change\\", \\"path\\": " existing ", \\"what\\": " what "}"')
        rules.append(f"existing ::= {' | '.join(_literal(path) for path in paths)}")
    if paths and may_remove:
        rules.append('remove ::= "{\\"action\\": \\"remove\\", \\"path\\": " existing ", \\"what\\": " what "}"')
    return "\n".join(rules) + "\n"


def _literal(path: str) -> str:
    """Return the terminal for a path as JSON has it: both notations escape alike, so the string is escaped twice."""
    return json.dumps(json.dumps(path, ensure_ascii=False), ensure_ascii=False)
