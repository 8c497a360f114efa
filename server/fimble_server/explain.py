"""Explanations as plain data: the same JSON over the protocol and on the command line."""

from typing import Any

from fimble_server.suggest import Explanation


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON values; lines are 1-based and inclusive, times are in milliseconds."""
    return {
        "origin": explanation.origin,
        "snippets": [
            {
                "path": snippet.path,
                "range": {"start_line": snippet.start_line + 1, "end_line": snippet.end_line},
                "source": snippet.source,
            }
            for snippet in explanation.snippets
        ],
        "evaluated_tokens": explanation.evaluated_tokens,
        "cached_tokens": explanation.cached_tokens,
        "generated_tokens": explanation.generated_tokens,
        "timings_ms": {stage: round(milliseconds, 1) for stage, milliseconds in explanation.timings_ms.items()},
        "line_log_probability": explanation.line_log_probability,
        "model": explanation.model,
        "prompt": explanation.prompt,
        "extent": explanation.extent,
        "filters": list(explanation.filters),
    }
