"""The engine by itself: what a notebook gets from ``pip install changqing``, without the product."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

# refuses every import that is neither Python's own, nor the engine, nor one of the packages named
ALONE = """
import json, sys
ALLOWED = set(json.loads(sys.argv[1])) | set(sys.stdlib_module_names) | {"changqing"}
class Gate:
    def find_spec(self, name, path=None, target=None):
        top = "sysconfig" if name.startswith("_sysconfigdata") else name.partition(".")[0]
        if top not in ALLOWED or (top == "changqing" and name.split(".")[1:2] not in ([], ["engine"])):
            raise ImportError(f"{name} is not there", name=name)
sys.meta_path.insert(0, Gate())
import numpy as np
from changqing.engine.bgnbd import BgNbd
from changqing.engine.gamma_gamma import GammaGamma
from changqing.engine.pareto_nbd import ParetoNbd
x, t_x, T, zbar = np.loadtxt(sys.argv[2], delimiter=",", skiprows=1, usecols=(1, 2, 3, 4), unpack=True)
history = {"frequency": x, "recency": t_x, "T": T}
fits = [BgNbd.fit(**history), ParetoNbd.fit(**history), GammaGamma.fit(frequency=x, monetary_value=zbar)]
print(json.dumps([[round(value, 3) for value in fit.params.values()] for fit in fits]))
"""


def required(name: str) -> set[str]:
    """Distributions that a plain ``pip install name`` brings, itself among them."""
    found, ahead = set(), [name]
    while ahead:
        each = re.sub(r"[-_.]+", "-", ahead.pop()).lower()
        if each in found:
            continue
        found.add(each)
        try:
            lines = requires(each) or []
        except PackageNotFoundError:
            continue
        ahead += [named(line) for line in lines if "extra ==" not in line]
    return found


def named(line: str) -> str:
    """The distribution that a requirement names."""
    return re.split(r"[ ;<>=!~\[(]", line)[0]


def test_fits_cdnow_with_nothing_but_its_plain_dependencies() -> None:
    origin = getattr(find_spec("lifetimes"), "origin", None)
    if origin is None:
        pytest.skip("the published data are in the package lifetimes, which is not installed")
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    plain = {name for line in project["dependencies"] for name in required(named(line))}
    modules = [
        module
        for module, distributions in packages_distributions().items()
        if {re.sub(r"[-_.]+", "-", each).lower() for each in distributions} & plain
    ]
    assert not {"django", "pandas", "duckdb", "psycopg"} & set(modules)
    data = origin.replace("__init__.py", "datasets/cdnow_customers_summary_with_transactions.csv")
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(modules), data], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == [
        [0.243, 4.414, 0.793, 2.426],
        [0.553, 10.578, 0.606, 11.668],
        [6.249, 3.745, 15.448],
    ]
