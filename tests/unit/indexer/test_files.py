import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fimble_indexer.files.listing import (
    MAX_BYTES,
    SourceFile,
    is_binary,
    is_generated,
    is_minified,
    list_files,
    list_folders,
    read_source,
    select_files,
)
from forbidding import FORBIDDING, can_forbid


def write(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")


def listed(root: Path, paths: list[str] | None = None) -> list[str]:
    return sorted(file.path for file in list_files(root, paths=paths))


def test_files_have_path_size_and_time(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": "x = 1\n"})

    (file,) = list_files(tmp_path)

    status = (tmp_path / "a/b.py").stat()
    assert (file.path, file.size, file.mtime_ns) == ("a/b.py", 6, status.st_mtime_ns)


# Each case: the ignore files, and the files that belong beside them; "ignored" is never among those.
GITIGNORE_CASES = {
    "name anywhere": ({".gitignore": "*.log2\n"}, ["a.py", "d/b.py"], ["x.log2", "d/x.log2"]),
    "comment and blank": ({".gitignore": "# a.py\n\n"}, ["a.py"], []),
    "folder": ({".gitignore": "out/\n"}, ["a.py", "d/out.py"], ["out/a.py", "d/out/a.py"]),
    "anchored": ({".gitignore": "/out\n"}, ["d/out/a.py"], ["out/a.py"]),
    "anchored by a slash within": ({".gitignore": "d/x.py\n"}, ["e/d/x.py"], ["d/x.py"]),
    "negation": ({".gitignore": "*.txt\n!keep.txt\n"}, ["keep.txt"], ["a.txt"]),
    "later wins": ({".gitignore": "!a.txt\n*.txt\n"}, [], ["a.txt"]),
    "no way back into a folder": ({".gitignore": "out/\n!out/a.py\n"}, [], ["out/a.py"]),
    "content but not the folder": ({".gitignore": "out/*\n!out/a.py\n"}, ["out/a.py"], ["out/b.py"]),
    "double star": ({".gitignore": "a/**/z.py\n"}, ["z.py"], ["a/z.py", "a/b/c/z.py"]),
    "nested": ({"d/.gitignore": "x.py\n"}, ["x.py"], ["d/x.py", "d/e/x.py"]),
    "nested anchored": ({"d/.gitignore": "/x.py\n"}, ["x.py", "d/e/x.py"], ["d/x.py"]),
    "nested negation": ({".gitignore": "*.txt\n", "d/.gitignore": "!*.txt\n"}, ["d/a.txt"], ["a.txt"]),
    "escaped": ({".gitignore": "\\!a.py\n\\#b.py\n"}, ["a.py", "b.py"], ["!a.py", "#b.py"]),
    "range": ({".gitignore": "[ab].py\n"}, ["c.py"], ["a.py", "b.py"]),
    "trailing space": ({".gitignore": "a.py \n"}, [], ["a.py"]),
}


@pytest.mark.parametrize("case", GITIGNORE_CASES)
def test_gitignore(tmp_path: Path, case: str) -> None:
    rules, belong, ignored = GITIGNORE_CASES[case]
    write(tmp_path, dict.fromkeys([*belong, *ignored], "text\n") | rules)

    assert listed(tmp_path) == sorted([*belong, *rules])


@pytest.mark.parametrize("case", GITIGNORE_CASES)
def test_gitignore_cases_agree_with_git(tmp_path: Path, case: str) -> None:
    rules, belong, ignored = GITIGNORE_CASES[case]
    write(tmp_path, dict.fromkeys([*belong, *ignored], "text\n") | rules)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    command = ["git", "ls-files", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    assert listed(tmp_path) == sorted(output.split("\0")[:-1])


def test_exclude_file_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b.py": "", ".git/info/exclude": "b.py\n"})

    assert listed(tmp_path) == ["a.py"]


def test_rules_above_the_workspace_hold(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", ".gitignore": "/work/b.py\n", "work/a.py": "", "work/b.py": ""})

    assert listed(tmp_path / "work") == ["a.py"]


def test_rules_above_a_workspace_outside_any_repository_do_not(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.py\n", "work/a.py": ""})

    assert listed(tmp_path / "work") == ["a.py"]


def test_fimbleignore_is_read_after_gitignore(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "a.py\n", ".fimbleignore": "!a.py\nb.py\n", "a.py": "", "b.py": ""})

    assert listed(tmp_path) == [".fimbleignore", ".gitignore", "a.py"]


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/x/a.js",
        ".venv/lib/a.py",
        "d/__pycache__/a.py",
        ".git/config",
        "app.min.js",
        "yarn.lock",
        "logo.png",
        "lib.so",
        ".env",
        "deploy/id_rsa",
    ],
)
def test_what_no_programmer_reads_is_left_out(tmp_path: Path, path: str) -> None:
    write(tmp_path, {path: "text\n", "a.py": ""})

    assert listed(tmp_path) == ["a.py"]


def test_large_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x" * 11, "b.py": "x" * 10})

    assert [file.path for file in list_files(tmp_path, max_bytes=10)] == ["b.py"]
    assert read_source(tmp_path, "a.py", max_bytes=10) is None


def test_binary_and_minified_content_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\0b")
    write(tmp_path, {"b.js": "var a=1;" * 4000, "c.py": "x = 1\n"})

    assert read_source(tmp_path, "a.txt") is None
    assert read_source(tmp_path, "b.js") is None
    assert read_source(tmp_path, "c.py") == b"x = 1\n"


def test_empty_and_ordinary_content_is_neither() -> None:
    for content in (b"", b"\n", b"x = 1\n" * 1000, b"a" * 2000):
        assert not is_binary(content)
        assert not is_minified(content)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"root/d/a.py": "", "outside/secret.py": ""})
    (tmp_path / "root/loop").symlink_to(tmp_path / "root")
    (tmp_path / "root/out").symlink_to(tmp_path / "outside")
    (tmp_path / "root/file.py").symlink_to(tmp_path / "outside/secret.py")
    (tmp_path / "root/broken.py").symlink_to("nowhere")

    assert listed(tmp_path / "root") == ["d/a.py"]
    assert listed(tmp_path / "root", ["out/secret.py", "file.py", "loop/d/a.py"]) == []


@pytest.mark.skipif(not can_forbid(), reason="nothing can be forbidden here")
def test_forbidden_folder_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "d/b.py": ""})
    script = """if True:
        from pathlib import Path
        from fimble_indexer.files.listing import list_files, list_folders, select_files
        print([file.path for file in list_files(Path())])
        print([file.path for file in list_files(Path(), paths=["a.py", "d/b.py", "d"])])
        print(list(list_folders(Path())), list(list_folders(Path(), "d/e")))
        print([file.path for file in select_files(Path(), {"d/b.py": 1})])
    """
    (tmp_path / "d").chmod(0)
    try:
        shown = subprocess.check_output([*FORBIDDING, sys.executable, "-c", script], cwd=tmp_path, text=True)
        assert shown.splitlines() == ["['a.py']", "['a.py']", "[''] []", "['d/b.py']"]
    finally:
        (tmp_path / "d").chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_name_that_is_no_text_is_skipped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff.py")).write_text("")
    write(tmp_path, {"é\U0001f600.py": ""})

    assert listed(tmp_path) == ["é\U0001f600.py"]


def test_only_some_paths(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b.py": "", "d/c.py": "", "d/e/f.py": "", ".gitignore": "b.py\n/g/\n", "g/h.py": ""})

    assert listed(tmp_path, ["a.py", "b.py", "d/e", "gone.py", "../x.py", "/etc/passwd", "g/h.py"]) == [
        "a.py",
        "d/e/f.py",
    ]


def test_folders_are_those_whose_files_can_belong(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "out/\n", "a/b/c.py": "", "out/d.py": "", "a/node_modules/e/f.js": ""})
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a", target_is_directory=True)

    assert sorted(list_folders(tmp_path)) == ["", "a", "a/b", "empty"]
    assert sorted(list_folders(tmp_path, "a")) == ["a", "a/b"]
    assert not [*list_folders(tmp_path, "out"), *list_folders(tmp_path, "link"), *list_folders(tmp_path, "missing")]


def test_missing_root_is_empty(tmp_path: Path) -> None:
    assert listed(tmp_path / "nowhere") == []


def test_linked_work_tree_knows_the_excludes_of_its_repository(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main/.git/info/exclude": "b.py\n",
            "main/.git/worktrees/w/commondir": "../..\n",
            "w/.git": f"gitdir: {tmp_path}/main/.git/worktrees/w\n",
            "w/a.py": "",
            "w/b.py": "",
        },
    )

    assert listed(tmp_path / "w") == ["a.py"]


def test_bad_pattern_does_not_silence_the_others(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "!\n***\n//\nb.py\n", "a.py": "", "b.py": ""})

    assert "b.py" not in listed(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"vendor/modules.txt": "", "vendor/x/a.go": ""},
        {"php/vendor/autoload.php": "", "php/vendor/x/a.php": ""},
        {"vendor/bundle/ruby/3.3.0/a.rb": ""},
        {"Pods/Manifest.lock": "", "Pods/a.swift": ""},
        {"env/pyvenv.cfg": "", "env/lib/a.py": ""},
        {"target/CACHEDIR.TAG": "", "target/debug/a.rs": ""},
    ],
)
def test_folders_that_a_package_manager_fills_are_left_out(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, {**files, "a.py": ""})

    assert listed(tmp_path) == ["a.py"]
    assert listed(tmp_path, list(files)) == []
    assert listed(tmp_path, [next(iter(files)).split("/")[0]]) == []


def test_vendored_code_that_is_changed_here_belongs(tmp_path: Path) -> None:
    write(tmp_path, {"vendor/x/a.c": "", "third_party/b.c": ""})

    assert listed(tmp_path) == ["third_party/b.c", "vendor/x/a.c"]


def test_names_and_attributes_tell_foreign_files(tmp_path: Path) -> None:
    write(tmp_path, {"a_pb2.py": "", "a.py": "", "lib/b.py": "", ".gitattributes": "lib/** linguist-vendored\n"})

    assert {file.path for file in list_files(tmp_path) if file.is_foreign} == {"a_pb2.py", "lib/b.py"}


@pytest.mark.parametrize(
    "text",
    [
        "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x\n",
        "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.  DO NOT EDIT!\n",
        "/**\n * @generated SignedSource<<0123>>\n */\n",
        "//------\n// <auto-generated>\n//     This code was generated by a tool.\n",
        "/* This file was automatically generated by swig */\n",
        "# Autogenerated by Thrift Compiler\n",
        '"""This file is auto-generated from the schema."""\n',
        "<!-- Do not edit: generated from api.yaml -->\n",
        "-- AUTOMATICALLY GENERATED FILE\n",
    ],
)
def test_generated_content(text: str) -> None:
    assert is_generated(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Generated by Django 5.2 on 2026-01-01\nfrom django.db import migrations\n",
        'MARK = "@generated"\n',
        "# Finds files with `@generated` in them.\n",
        "// Returns an auto-generated name.\n",
        "\n" * 30 + "# Code generated by x. DO NOT EDIT.\n",
        '@Generated("x")\nclass A {}\n',
        "# Do not edit the list below by hand.\n",
        "/* The ids are generated. */\n",
    ],
)
def test_content_that_a_person_wrote(text: str) -> None:
    assert not is_generated(text)


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_pipes_sockets_and_devices_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.py"))

    assert listed(tmp_path) == ["a.py"]
    assert listed(tmp_path, ["pipe.py", "socket.py"]) == []


def test_file_that_grows_while_it_is_listed(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n"})
    (file,) = list_files(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n" * 200_000)

    assert file.size == 6
    assert read_source(tmp_path, "a.py") is None


def test_buffers_are_selected_by_the_same_rules(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "out/\n", ".gitattributes": "g.py linguist-generated\n"})

    selected = select_files(tmp_path, {"new/a.py": 3, "out/b.py": 3, ".env": 3, "g.py": 3, "big.py": MAX_BYTES + 1})

    assert selected == [SourceFile("new/a.py", 3, 0), SourceFile("g.py", 3, 0, is_foreign=True)]
