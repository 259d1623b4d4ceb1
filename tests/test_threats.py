"""Every promise of docs/threats.md has tests, and those of it that code keeps fail without it."""

import ast
import os
import re
import subprocess
import sys
from functools import cache

import pytest

from tests import ROOT

ROWS = [
    line.strip("| \n").split(" | ")
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| what is", "| ---"))
]
RATHER_QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
NAMED = {name for row in ROWS for name in re.findall(r"`(test_\w+)`", row[-1])}
# What keeps a promise, taken away, and a test of its row that has to fail then.
BROKEN = {
    "a hidden place is not dropped": (
        "import geo.data.dataset as m; m.public_organisations = lambda found, _: found",
        "test_no_export_holds_it_and_its_town_is_not_told",
    ),
    "any word publishes": (
        "import geo.imports.reading.disclosure as m; m.publishes = lambda _: True",
        "test_every_spelling_of_no_hides",
    ),
    "a text about a hidden record is left as it is": (
        "import geo.data.withheld as m; m._tells = lambda *_: False",
        "test_a_text_that_names_a_municipality_is_left_out",
    ),
    "what was drawn before is served on": (
        "import geo.maps.served as m; m.offer = lambda data: m._put(m.files, data)",
        "test_what_was_drawn_before_a_record_was_hidden_is_offered_no_more",
    ),
    "a double of a hidden record is shown": (
        "import geo.store.frames as m; "
        "m.concealed = lambda all: frozenset(all.index[~all['location_public'].astype(bool)])",
        "test_who_is_the_same_as_a_hidden_one_is_hidden",
    ),
    "a sandbox outlives what it may show": (
        "import geo.store.sandbox as m; m.Sandbox.withdrawn = lambda _: frozenset()",
        "test_a_sandbox_in_which_a_hidden_place_is_still_shown_is_let_go_of",
    ),
    "a claim of a role is believed": (
        "import geo.people.permissions as m; m.confirmed = lambda _, who: who",
        "test_nobody_changes_or_reads_what_is_not_theirs",
    ),
    "nobody asks whose record it is": (
        "import geo.people.ownership as m; m.require_owned = lambda *_, **__: None",
        "test_nobody_changes_or_reads_what_is_not_theirs",
    ),
    "every name is served": (
        "import geo.people.hosts as m; m.is_served = lambda _: True",
        "test_every_other_name_is_refused_unless_it_is_listed",
    ),
    "the name that is asked for says nothing": (
        "import geo.people.hosts as m; m.is_loopback = lambda _: True",
        "test_who_comes_through_a_proxy_or_by_another_name_is_not_this_machines_user",
    ),
    "every number is outside": (
        "import geo.imports.resolver as m; m.is_outside = lambda _: True",
        "test_no_spelling_of_an_address_reaches_this_machine",
    ),
    "a name is resolved again to connect": (
        "import geo.imports.resolver as m; from urllib3.connection import HTTPConnection as plain; "
        "m._Connection._new_conn = plain._new_conn",
        "test_the_address_that_was_checked_is_the_one_that_is_asked",
    ),
    "an archive is unpacked whatever its rate": (
        "import geo.imports.reading.files as m; m.MAX_RATIO = 10 ** 9",
        "test_a_zip_bomb_is_not_unpacked",
    ),
    "a text is written as it is": (
        "import html; html.escape = lambda text, quote=True: text",
        "test_markup_in_a_record_is_text_on_every_page",
    ),
    "a cell is written as it is": (
        "import geo.data.spreadsheet as m; m.harmless = lambda cell: cell",
        "test_text_that_a_spreadsheet_would_run_gets_a_quote_and_numbers_stay_numbers",
    ),
    "every origin is ours": (
        "import geo.server.front as m; m.is_own_page = lambda *_: True",
        "test_only_a_page_of_ours_opens_a_stream",
    ),
    "a session may leave what it likes": (
        "import geo.server.uploads as m; m.Bounded._has_room = lambda *_: True",
        "test_a_session_keeps_no_more_than_its_share_and_others_still_send",
    ),
    "figures are for everybody": (
        "import geo.people.hosts as m; m.may_read_figures = lambda *_: True",
        "test_figures_are_for_this_machine_and_whom_the_setting_names",
    ),
}


@cache
def written():
    """Return the file and the syntax of each test, by its name."""
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, []).append((path, node))
    return found


def test_every_threat_names_tests_that_exist():
    existing = written()
    assert len(ROWS) > 10
    for what, whom, _how, proof in ROWS:
        named = set(re.findall(r"`(\w+)`", proof))
        assert named, (what, whom)
        assert named <= existing.keys(), named - existing.keys()


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_test_that_is_named_is_one_and_is_never_left_out(name):
    ((_, node),) = written()[name]
    assert not [
        ast.unparse(mark)
        for mark in node.decorator_list
        if re.search("skip|xfail", ast.unparse(mark))
    ]


def test_what_is_broken_on_purpose_is_promised():
    assert {name for _, name in BROKEN.values()} <= NAMED


@pytest.mark.slow
@pytest.mark.parametrize("how", BROKEN)
def test_a_promise_that_is_broken_is_noticed(how):
    breaking, name = BROKEN[how]
    ((path, _),) = written()[name]
    run = f"{breaking}; import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        # What was broken is loaded before pytest, which warns that it came too late for some.
        [
            sys.executable,
            "-c",
            run,
            "-qx",
            "-p",
            "no:cacheprovider",
            *RATHER_QUIET,
            f"{path}::{name}",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed" in done.stdout
