"""Reading the product's pages as a signed-in person's browser does, for the benchmark.

Each answer is timed by itself: the page, and every fragment that it loads by itself as soon as it is there.
"""

from __future__ import annotations

import contextlib
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

ROUNDS, A_ROUND, TOGETHER = 10, 8, 8
# what the machine itself makes of the same work, each time: no page can be steadier
LOOP, TIMES = "a loop of Python", 400_000
FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
GETS, ON_LOAD = re.compile(r'hx-get="([^"]+)"'), re.compile(r'hx-trigger="[^"]*\bload\b')
TAG = re.compile(r"<[a-z][^>]*>")


@dataclass(frozen=True)
class Visit:
    """Milliseconds: of the page alone, of each fragment by its name, and of all together."""

    page: float
    fragments: dict[str, float]
    whole: float


@contextlib.contextmanager
def web_server(pids: list[int] | None = None) -> Iterator[int]:
    """The web server as the supervisor starts it; its process is noted in ``pids``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ["-m", "changqing.machine.webserver", "--port", str(port), "--workers", "2"]
    command = [sys.executable, *words, "changqing.web.wsgi:application"]
    web = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    if pids is not None:
        pids.append(web.pid)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                if Reader(port).get("/healthz")[0] == 200:
                    break
            time.sleep(0.1)
        yield port
    finally:
        web.terminate()
        web.wait(20)


class Reader:
    """A signed-in person's browser: one connection, cookies, and the fragments a page asks for."""

    def __init__(self, port: int, password: str = "") -> None:
        self.password = password
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def sign_in(self, username: str) -> Reader:
        _, page = self.get("/signin/")
        token = FIELD.search(page)
        form = {
            "username": username,
            "password": self.password,
            "csrfmiddlewaretoken": token[1] if token else "",
        }
        status, _ = self.ask("POST", "/signin/", urlencode(form))
        if status != 302:
            raise SystemExit(f"{username} could not sign in: {status}")
        return self

    def get(self, path: str) -> tuple[int, str]:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._answer(method, path, body, headers)
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        return answer.status, answer.read().decode()

    def _answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> HTTPResponse:
        """The server ends connections that were idle for a while: then, as a browser does, once more."""
        with contextlib.suppress(RemoteDisconnected, ConnectionResetError):
            self.connection.request(method, path, body or None, headers)
            return self.connection.getresponse()
        self.connection.close()
        self.connection.request(method, path, body or None, headers)
        return self.connection.getresponse()

    def read(self, path: str) -> Visit:
        """The page, and then the fragments that it loads by itself, one after the other."""
        began = time.perf_counter()
        page = self._got(path)
        here, took = time.perf_counter(), dict[str, float]()
        for fragment in fragments(page):
            asked = time.perf_counter()
            address = urljoin(path, fragment)
            self._got(address)
            took[called(address)] = (time.perf_counter() - asked) * 1000
        return Visit((here - began) * 1000, took, (time.perf_counter() - began) * 1000)

    def _got(self, path: str) -> str:
        status, page = self.get(path)
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        return page


def fragments(page: str) -> list[str]:
    """Addresses that ``page`` asks for by itself as soon as it is there."""
    tags = [tag for tag in TAG.findall(page) if ON_LOAD.search(tag)]
    return [found[1].replace("&amp;", "&") for tag in tags if (found := GETS.search(tag))]


def called(address: str) -> str:
    """What a fragment is called: the parts that it answers, or the page that it is a part of."""
    asked = urlsplit(address)
    told = parse_qs(asked.query)
    return "+".join(told.get("of") or told.get("part") or [asked.path.strip("/").partition("/")[0]])


def _pages(user: Any) -> dict[str, list[str]]:
    """Addresses of each kind of page as ``user`` would visit them: several accounts, several words."""
    from changqing.accounts.queries import accounts

    step = max(1, accounts(user).count() // 25)
    some = list(accounts(user).order_by("key").values_list("key", "name", "pinyin")[::step])[:25]
    names = [name for _, name, _ in some]
    whole = ["".join(re.findall("[a-z]+", pinyin.lower())) for *_, pinyin in some]
    initials = ["".join(word[0] for word in re.findall("[a-z]+", pinyin.lower())) for *_, pinyin in some]

    def search(words: list[str]) -> list[str]:
        return [f"/accounts/?q={quote(word)}" for word in words if word]

    return {
        "health check": ["/healthz"],
        "account list": ["/accounts/"],
        "account list, filtered": [
            f"/accounts/?industry={quote('钢铁')}",
            f"/accounts/?region={quote('江苏')}",
        ],
        "search, Chinese": search([name[:4] for name in names]),
        "search, two characters": search([name[:2] for name in names]),
        "search, pinyin": search([word[:9] for word in whole]),
        "search, initials": search([word[:4] for word in initials]),
        "account page": [f"/accounts/{quote(key)}/" for key, *_ in some],
        "Portfolio": ["/portfolio/"],
        "Today": ["/today/"],
    }


def read_as(
    username: str, port: int, password: str, worked: Callable[[], float] = lambda: 0.0
) -> list[dict[str, Any]]:
    """Each kind of page: queries, (p50, p95) in milliseconds of the page by itself, of the slowest of its
    fragments, of all together, and of that eight at a time; and milliseconds of processor of all together,
    which other work on the machine hardly changes, from the seconds that ``worked`` says.

    Pages are read by turns, a few times each round: what slows the machine for some seconds then slows none
    of them alone."""
    from changqing.people.queries import user_named

    user = user_named(username)
    readers = [Reader(port, password).sign_in(username) for _ in range(TOGETHER)]
    pages = _pages(user)
    for paths in pages.values():
        for path in paths[:2]:
            readers[0].read(path)
    alone, processor = defaultdict[str, list[Visit]](list), defaultdict[str, float](float)
    loops: list[float] = []
    for place in range(ROUNDS):
        loops += [_loop() for _ in range(A_ROUND)]
        for page, paths in pages.items():
            began = worked()
            at = range(place * A_ROUND, (place + 1) * A_ROUND)
            alone[page] += [readers[0].read(paths[n % len(paths)]) for n in at]
            processor[page] += (worked() - began) * 1000 / (ROUNDS * A_ROUND)
    steady = _percentiles(loops)
    rows = [_row(LOOP, (0, 0), steady, ("", 0.0, 0.0), steady, steady[0], steady)]
    for page, paths in pages.items():
        together = _side_by_side(readers, paths)
        here, whole = (
            _percentiles([getattr(visit, name) for visit in alone[page]]) for name in ("page", "whole")
        )
        seen, last = _queries(user, paths), _percentiles([visit.whole for visit in together])
        rows.append(_row(page, seen, here, _slowest(alone[page]), whole, processor[page], last))
    return rows


def _loop() -> float:
    began, added = time.perf_counter(), 0
    for each in range(TIMES):
        added += each
    return (time.perf_counter() - began) * 1000


def _row(page: str, *told: Any) -> dict[str, Any]:
    names = ("queries", "page_alone", "fragment", "alone", "processor", "together")
    return {"page": page, **dict(zip(names, told, strict=True))}


def _slowest(visits: list[Visit]) -> tuple[str, float, float]:
    """Name, p50 and p95 of the fragment whose p95 is the highest; of none where there is none."""
    took = defaultdict[str, list[float]](list)
    for visit in visits:
        for name, each in visit.fragments.items():
            took[name].append(each)
    told = [(name, *_percentiles(each)) for name, each in took.items() if len(each) > 1]
    return max(told, key=lambda one: one[2], default=("", 0.0, 0.0))


def _side_by_side(readers: list[Reader], paths: list[str]) -> list[Visit]:
    def visit(place: int) -> list[Visit]:
        return [readers[place].read(paths[(place * 7 + n) % len(paths)]) for n in range(A_ROUND)]

    with ThreadPoolExecutor(len(readers)) as pool:
        return [took for several in pool.map(visit, range(len(readers))) for took in several]


def _percentiles(took: list[float]) -> tuple[float, float]:
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def _queries(user: Any, paths: list[str]) -> tuple[int, int]:
    """Most queries of any of these pages, then with its fragments, counted by Django itself."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    counts = []
    for path in paths[:3]:
        with CaptureQueriesContext(connection) as seen:
            page = client.get(path).content.decode()
            of_page = len(seen)
            for fragment in fragments(page):
                client.get(urljoin(path, fragment))
        counts.append((of_page, len(seen)))
    return max(counts)
