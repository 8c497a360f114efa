from fimble_server.activity import Diagnostic, Recent

FILE = "".join(f"line {number}\n" for number in range(400))


def test_an_edit_is_remembered_with_whole_lines_around_it() -> None:
    recent = Recent()
    offset = FILE.index("line 200")
    recent.edited("a.py", FILE, offset)
    (edit,) = recent.at("b.py", 0).edits
    assert edit.path == "a.py"
    assert edit.start_line <= 190
    assert edit.end_line >= 210
    assert edit.text.split("\n")[200 - edit.start_line] == "line 200"
    assert edit.text.startswith("line ")


def test_edits_at_one_place_count_once_and_the_newest_comes_first() -> None:
    recent = Recent()
    for offset in (10, 11, 12):
        recent.edited("a.py", FILE, offset)
    recent.edited("b.py", FILE, 10)
    recent.edited("a.py", FILE, len(FILE))
    recent.edited("a.py", FILE, 13)
    assert [(edit.path, edit.start_line == 0) for edit in recent.at("c.py", 0).edits] == [
        ("a.py", True),
        ("a.py", False),
        ("b.py", True),
    ]


def test_only_the_newest_few_are_kept() -> None:
    recent = Recent()
    for number in range(100):
        recent.edited(f"{number}.py", FILE, 10)
        recent.viewed(f"{number}.py", FILE, 0, len(FILE))
        recent.complained(f"{number}.py", [Diagnostic(0, 0, "wrong")] * 1000)
    activity = recent.at("99.py", 0)
    assert (len(activity.edits), len(activity.views)) == (16, 16)
    assert len(activity.diagnostics) == 200
    assert activity.edits[0].path == "99.py"
    assert sum(len(view.text) for view in activity.views) <= 16 * 2000


def test_an_edit_in_a_line_of_a_million_characters_stays_small() -> None:
    recent = Recent()
    recent.edited("data.json", "x" * 1_000_000, 500_000)
    assert len(recent.at("a.py", 0).edits[0].text) < 5000


def test_files_that_hold_secrets_leave_no_trace() -> None:
    recent = Recent()
    recent.edited(".env", "TOKEN=1\n", 3)
    recent.viewed(".env", "TOKEN=1\n", 0, 8)
    recent.yanked(".env", "TOKEN=1\n", "TOKEN=1\n")
    activity = recent.at("a.py", 0)
    assert (activity.edits, activity.views, activity.yanked) == ((), (), "")


def test_lines_out_of_the_midst_of_a_private_key_leave_no_trace() -> None:
    recent = Recent()
    body = "MIIEpAIBAAKCAQEA7bq3oZ\n" * 60
    text = f"-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\n"
    recent.edited("a.py", text, len(text) // 2)
    recent.viewed("a.py", text, 500, 700)
    recent.yanked("a.py", text[500:700], text)
    activity = recent.at("b.py", 0)
    assert (activity.edits, activity.views, activity.yanked) == ((), (), "")


def test_diagnostics_count_near_their_lines_until_they_are_withdrawn() -> None:
    recent = Recent()
    recent.complained("a.py", [Diagnostic(10, 12, "undefined name 'x'")])
    assert recent.at("a.py", 14).diagnostics == ("undefined name 'x'",)
    assert recent.at("a.py", 20).diagnostics == ()
    assert recent.at("b.py", 10).diagnostics == ()
    recent.complained("a.py", [])
    assert recent.at("a.py", 10).diagnostics == ()
