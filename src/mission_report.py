"""Which rows of the catalogue are proved by a test, and what each test shows. A pytest plugin; not shipped.

A test proves rows with ``@pytest.mark.row("SEG-05", shows="what a person sees")``: one to three rows of
``docs/mission/rows.toml``, a sentence, and a way in through a door, that is one of the fixtures in DOORS,
asked for directly or by a fixture it uses. A mark that breaks these rules fails its test.
``pytest --mission -m row`` (``make coverage-of-mission``) prints the rows area by area.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).resolve().parents[1] / "docs" / "mission" / "rows.toml"
MOST_ROWS = 3
DOORS = frozenset({"client", "live_server", "page", "command", "api"})
NOTE = "mission"


@dataclass(frozen=True)
class Area:
    """One area of the catalogue; ``rows`` maps an id to its title in both languages."""

    name: str
    rows: dict[str, str]


@cache
def catalogue() -> dict[str, Area]:
    """The areas in the order of the catalogue, by their three letters."""
    with CATALOGUE.open("rb") as file:
        told = tomllib.load(file)
    return {
        code: Area(
            f"{area['zh']} · {area['en']}",
            {row: f"{title['zh']} · {title['en']}" for row, title in area["rows"].items()},
        )
        for code, area in told.items()
    }


def fault_of(mark: pytest.Mark, fixtures: frozenset[str]) -> str:
    """What is wrong with a row mark on a test with these fixtures, in a sentence; else nothing."""
    known = {row for area in catalogue().values() for row in area.rows}
    unknown = [str(row) for row in mark.args if row not in known]
    if unknown:
        return f"The catalogue has no row {', '.join(unknown)}."
    if not 1 <= len(set(mark.args)) <= MOST_ROWS or len(set(mark.args)) != len(mark.args):
        return f"A test proves one to {MOST_ROWS} different rows; this one names {len(mark.args)}."
    if set(mark.kwargs) != {"shows"} or not str(mark.kwargs["shows"]).strip():
        return "A row mark says what a person sees: shows='…', and nothing else."
    if not DOORS & fixtures:
        return f"A row is proved through a door, by one of the fixtures {', '.join(sorted(DOORS))}."
    return ""


@dataclass
class Proof:
    """One test and the rows it names; ``outcomes`` has one entry per variant that ran."""

    test: str
    rows: tuple[str, ...]
    shows: str
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        for worst in ("failed", "skipped"):
            if worst in self.outcomes.values():
                return worst
        return "passed" if self.outcomes else "not run"


class MissionReport:
    """Collects what marked tests did, from this process or from xdist's workers, and prints it at the end."""

    def __init__(self) -> None:
        self.proofs: dict[tuple[str, tuple[str, ...]], Proof] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == NOTE:
                self._note(report, tuple(value["rows"]), value["shows"])  # type: ignore[index]

    def _note(self, report: pytest.TestReport, rows: tuple[str, ...], shows: str) -> None:
        test = report.nodeid.split("[", 1)[0]
        proof = self.proofs.setdefault((test, rows), Proof(test, rows, shows))
        before = proof.outcomes.get(report.nodeid, "")
        if report.when == "call" or report.outcome != "passed":
            proof.outcomes[report.nodeid] = before if before == "failed" else report.outcome

    def proved(self) -> set[str]:
        """Rows with a passing test and no failing one."""
        by_row = defaultdict(set)
        for proof in self.proofs.values():
            for row in proof.rows:
                by_row[row].add(proof.outcome)
        return {row for row, seen in by_row.items() if "passed" in seen and "failed" not in seen}

    def lines(self) -> list[str]:
        proved, told, everything = self.proved(), [], 0
        for code, area in catalogue().items():
            done = sum(row in proved for row in area.rows)
            everything += len(area.rows)
            told.append(f"{code}  {area.name}: {done} of {len(area.rows)}")
            told += [line for row in area.rows for line in self._row(row, area.rows[row])]
        return [*told, "", f"{len(proved)} of {everything} rows proved by a passing test"]

    def _row(self, row: str, title: str) -> list[str]:
        proofs = [proof for proof in self.proofs.values() if row in proof.rows]
        seen = [f"      {proof.outcome.upper():7} {proof.shows}  ({proof.test})" for proof in proofs]
        return [f"  {row}  {title}", *seen] if seen else []

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("the mission, row by row")
        for line in self.lines():
            terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mission", action="store_true", help="print the catalogue rows that tests prove")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--mission") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(MissionReport(), "mission-report")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("row"):
            told = {"rows": [str(row) for row in mark.args], "shows": str(mark.kwargs.get("shows", ""))}
            item.user_properties.append((NOTE, told))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    fixtures = frozenset(getattr(item, "fixturenames", ()))
    marks = list(item.iter_markers("row"))
    named = sum(len(mark.args) for mark in marks)
    if named > MOST_ROWS:
        pytest.fail(f"A test proves at most {MOST_ROWS} rows; this one names {named}.", pytrace=False)
    for mark in marks:
        if fault := fault_of(mark, fixtures):
            pytest.fail(fault, pytrace=False)
