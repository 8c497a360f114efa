"""What the system refuses to the process that keeps an index true: watches, space, permission to write.

Each is refused for real, in a namespace of its own (user_namespaces(7)).
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fimble_indexer.storage.locks import is_kept
from indexing import Keeper, defined, wait_until

_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec")


def has_namespaces() -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run([*_NAMESPACE, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode == 0
    )


pytestmark = pytest.mark.skipif(not has_namespaces(), reason="no namespaces here")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    for number in range(20):
        (folder / f"package{number}").mkdir(parents=True)
        (folder / f"package{number}" / "module.py").write_text(f"def function{number}(): pass\n")
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache" / "index.db"


def inside(script: str, *arguments: object) -> list[str]:
    """Return a command that runs the command behind it after a script, with `$0` and so on as given."""
    return [*_NAMESPACE, f'{script}; shift {len(arguments) - 1}; exec "$@"', *map(str, arguments)]


@pytest.mark.parametrize(
    ("limit", "count"), [("max_inotify_watches", 5), ("max_inotify_instances", 0)], ids=["watches", "instances"]
)
def test_no_more_watches(root: Path, database: Path, limit: str, count: int) -> None:
    with Keeper(root, database, inside=inside("echo $1 > $0", f"/proc/sys/user/{limit}", count)) as keeper:
        keeper.ready()
        (sentence,) = keeper.warnings()
        assert "sysctl fs.inotify.max_user_" in sentence
        assert keeper.has_said("state", "polling")

        (root / "package3" / "new.py").write_text("def found_by_polling(): pass\n")
        wait_until(lambda: defined(database, "found_by_polling"))
        assert not is_kept(database), "a command had better look by itself"
        assert len(keeper.warnings()) == 1


def test_a_full_disk_is_said_and_outlived(root: Path, database: Path) -> None:
    fill = 'mount -t tmpfs -o size=1m none "$0"; head -c 1000k /dev/zero > "$0/filler"'
    with Keeper(root, database, inside=inside(fill, database.parent)) as keeper:
        wait_until(keeper.warnings)
        assert keeper.process.poll() is None
        assert "cannot be written" in keeper.warnings()[0]

        Path(f"/proc/{keeper.process.pid}/root{database.parent}/filler").unlink()
        keeper.ready()
        assert len(keeper.warnings()) == 1


def test_a_cache_that_cannot_be_written_is_said_once(root: Path, database: Path) -> None:
    with Keeper(root, database, inside=inside('mount -t tmpfs -o ro none "$0"', database.parent)) as keeper:
        wait_until(keeper.warnings)
        keeper.send(saved=["package0/module.py"])
        keeper.send(open="package1/module.py", text="def unsaved(): pass\n")
        time.sleep(5)
        assert keeper.process.poll() is None
        assert len(keeper.warnings()) == 1, "said once, not at every attempt"


def test_a_file_system_of_a_network_is_polled(root: Path, database: Path) -> None:
    script = (
        "import sys; from fimble_indexer.watching import watch; watch.file_system = lambda path: 'nfs4';"
        " from fimble_indexer.__main__ import main; sys.exit(main())"
    )
    with Keeper(
        root, database, inside=["sh", "-c", f'shift 4; exec "$0" -c "{script}" "$@"', sys.executable]
    ) as keeper:
        keeper.ready()
        assert "nfs4" in keeper.warnings()[0]
        (root / "package0" / "module.py").unlink()
        wait_until(lambda: not defined(database, "function0"))


def test_unmounted_and_mounted_again(root: Path, database: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    bind = 'mount --bind "$1" "$0"'
    with Keeper(mounted, database, inside=inside(bind, mounted, root)) as keeper:
        keeper.ready()
        namespace = ["nsenter", f"--target={keeper.process.pid}", "--user", "--mount", "--preserve-credentials"]
        subprocess.run([*namespace, "umount", str(mounted)], check=True)
        keeper.send(update=True)
        wait_until(lambda: keeper.has_said("state", "missing"))
        assert defined(database, "function0")

        (root / "package0" / "new.py").write_text("def meanwhile(): pass\n")
        subprocess.run([*namespace, "mount", "--bind", str(root), str(mounted)], check=True)
        wait_until(lambda: defined(database, "meanwhile"))
