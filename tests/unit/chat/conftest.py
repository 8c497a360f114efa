from collections.abc import Iterator
from pathlib import Path

import pytest

from fimble_indexer.building.build import update
from fimble_indexer.storage.store import Store

FILES = {
    "README.md": "# Bakery\n\n![badge](x.svg)\n\nA program that plans how many loaves a bakery bakes on each day.\n",
    "bakery/oven.py": '''\
"""The oven and its temperature."""

MAXIMUM_CELSIUS = 280


class Oven:
    """Bakes loaves."""

    def preheat(self, celsius):
        """Bring the oven to a temperature, in degrees Celsius."""
        if celsius > MAXIMUM_CELSIUS:
            raise ValueError(celsius)
        self.celsius = celsius

    def bake(self, loaves):
        self.preheat(230)
        return [loaf.baked() for loaf in loaves]
''',
    "bakery/plan.py": '''\
from bakery.oven import Oven


def plan_day(orders):
    """Plan the loaves of one day by its orders."""
    oven = Oven()
    oven.preheat(200)
    return oven.bake(orders)


def plan_week(days):
    return [plan_day(day) for day in days]
''',
    "tests/test_plan.py": "from bakery.plan import plan_day\n\n\ndef test_a_day():\n    assert plan_day([]) == []\n",
    "shop/till.py": "def preheat(machine):\n    machine.on()\n",
}


@pytest.fixture
def bakery(tmp_path: Path) -> Path:
    """A small repository."""
    root = tmp_path / "bakery"
    for path, text in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def store(bakery: Path, tmp_path: Path) -> Iterator[Store]:
    """The index of the small repository."""
    with Store.open(tmp_path / "index.db") as index:
        update(bakery, index)
        yield index
