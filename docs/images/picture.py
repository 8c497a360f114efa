"""Make `demo.svg`, the picture in the README: what `fimble demo` prints, for this repository.

.venv/bin/python docs/images/picture.py
"""

from pathlib import Path

from rich.console import Console

from fimble_server import demo

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run the demo with a console that records."""
    console = Console(record=True, width=110, force_terminal=True)
    demo.show(HERE.parents[1], console)
    console.save_svg(str(HERE / "demo.svg"), title="fimble demo")


if __name__ == "__main__":
    main()
