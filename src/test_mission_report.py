"""Marks that name catalogue rows are checked, and what they prove is counted honestly."""

from __future__ import annotations

import pytest

from mission_report import MissionReport, catalogue, fault_of

PAGE = frozenset({"client", "db"})
SAYS_NOTHING = "A row mark says what a person sees: shows='…', and nothing else."
NAMES = "A test proves one to 3 different rows; this one names"


def test_the_catalogue_is_whole() -> None:
    areas = catalogue()
    assert (len(areas), sum(len(area.rows) for area in areas.values())) == (25, 551)
    assert all(row.startswith(f"{code}-") for code, area in areas.items() for row in area.rows)


@pytest.mark.parametrize(
    ("rows", "words", "fixtures", "fault"),
    [
        (["SEG-05"], {"shows": "184 accounts make 80 %"}, PAGE, ""),
        (["SEG-05", "SEG-06", "SEG-12"], {"shows": "three answers"}, frozenset({"command"}), ""),
        (["SEG-99"], {"shows": "x"}, PAGE, "The catalogue has no row SEG-99."),
        ([5], {"shows": "x"}, PAGE, "The catalogue has no row 5."),
        ([], {"shows": "x"}, PAGE, f"{NAMES} 0."),
        (
            ["SEG-05", "SEG-05"],
            {"shows": "x"},
            PAGE,
            f"{NAMES} 2.",
        ),
        (
            ["SEG-01", "SEG-02", "SEG-03", "SEG-04"],
            {"shows": "x"},
            PAGE,
            f"{NAMES} 4.",
        ),
        (["SEG-05"], {}, PAGE, SAYS_NOTHING),
        (
            ["SEG-05"],
            {"shows": " "},
            PAGE,
            "A row mark says what a person sees: shows='…', and nothing else.",
        ),
        (
            ["SEG-05"],
            {"shows": "x"},
            frozenset({"db", "tmp_path"}),
            "A row is proved through a door, by one of the fixtures api, client, command, live_server, page.",
        ),
    ],
)
def test_a_row_mark_is_checked(rows, words, fixtures, fault) -> None:
    mark = getattr(pytest.mark.row(*rows, **words), "mark")  # noqa: B009 - a mark, not the decorator
    assert fault_of(mark, fixtures) == fault


def report_of(test: str, outcome: str, *rows: str, when: str = "call") -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=test,
        location=("f.py", 1, test),
        keywords={},
        outcome=outcome,
        longrepr=None,
        when=when,
        user_properties=[("mission", {"rows": list(rows), "shows": f"what {test} shows"})],
    )


def test_a_row_counts_when_a_test_passed_and_none_failed() -> None:
    told = MissionReport()
    for phase in ("setup", "call", "teardown"):
        told.pytest_runtest_logreport(report_of("t::good", "passed", "SEG-05", "SEG-06", when=phase))
    told.pytest_runtest_logreport(report_of("t::bad[1]", "passed", "SEG-06"))
    told.pytest_runtest_logreport(report_of("t::bad[2]", "failed", "SEG-06"))
    told.pytest_runtest_logreport(report_of("t::away", "skipped", "SEG-12", when="setup"))
    told.pytest_runtest_logreport(report_of("t::broken", "failed", "SEG-27", when="setup"))
    lines = told.lines()
    assert told.proved() == {"SEG-05"}
    assert lines[0].endswith(": 1 of 31")
    assert [line.strip() for line in lines if "t::" in line and "bad" in line] == [
        "FAILED  what t::bad[1] shows  (t::bad)"
    ]
    assert [line.split()[0] for line in lines if "what" in line] == [
        "PASSED",
        "PASSED",
        "FAILED",
        "SKIPPED",
        "FAILED",
    ]
    assert lines[-1] == "1 of 551 rows proved by a passing test"


def test_a_test_whose_teardown_fails_has_failed() -> None:
    told = MissionReport()
    told.pytest_runtest_logreport(report_of("t::late", "passed", "SEG-05"))
    told.pytest_runtest_logreport(report_of("t::late", "failed", "SEG-05", when="teardown"))
    assert told.proved() == set()


def test_marks_of_one_test_are_counted_together(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = row")
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def command(): return print

        @pytest.mark.row("SEG-01", "SEG-02", shows="one")
        @pytest.mark.row("SEG-05", shows="two")
        def test_three(command): pass

        @pytest.mark.row("SEG-07", "SEG-08", shows="one")
        @pytest.mark.row("SEG-09", "SEG-10", shows="two")
        def test_four(command): pass
        """
    )
    told = pytester.runpytest_inprocess("-p", "mission_report", "-p", "no:django", "--mission")
    told.assert_outcomes(passed=1, errors=1)
    told.stdout.fnmatch_lines(
        ["*A test proves at most 3 rows; this one names 4.*", "3 of 551 rows proved by a passing test"]
    )
