"""The first reader of a page waits for nothing that a worker could have loaded before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import changqing

# what a page loads when it is read, seen from a process in which nothing has been read
READ = """
import json, os, sys
from django.template.loader import engines
from changqing.web.warming import warm
from changqing.web.wsgi import application
modules = ["numba", "scipy.special", "pyarrow.acero"]
loaded = lambda: [*(each in sys.modules for each in modules), len(kept.get_template_cache)]
kept = engines["django"].engine.template_loaders[0]
before = loaded()
warm()
print(json.dumps([before, loaded()]))
"""


def test_what_pages_load_at_their_first_use_is_there_before() -> None:
    told = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True).stdout
    pages = len(list((Path(changqing.__file__).parent / "web").rglob("*.html")))
    assert json.loads(told) == [[False, False, False, 0], [True, True, True, pages]]
