"""Plug-ins are found by scanning, and a faulty one stops the start."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from plexus.transforms.registry import discover

type Package = Callable[..., str]

NUMBERS = itertools.count()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Write modules into a new package and return its name."""

    def write(**modules: str) -> str:
        name = f"plugins_{next(NUMBERS)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text('"""Plug-ins."""\n')
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(
                f"from types import SimpleNamespace as N\n{text}\n"
            )
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return write


def test_the_constants_are_keyed_by_their_names_in_order_of_their_files(package: Package) -> None:
    name = package(zebra="THING = N(name='a')", apple="THING = N(name='z')")
    found: dict[str, SimpleNamespace] = discover(name, "THING")
    assert list(found) == ["z", "a"]
    assert [thing.name for thing in found.values()] == ["z", "a"]


def test_an_empty_package_has_no_plug_ins(package: Package) -> None:
    assert discover(package(), "THING") == {}


def test_a_package_may_be_a_plug_in(package: Package, tmp_path: Path) -> None:
    name = package()
    inner = tmp_path / name / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text(
        "from types import SimpleNamespace as N\nTHING = N(name='i')\n"
    )
    assert list(discover(name, "THING")) == ["i"]


def test_a_module_without_the_constant_stops_the_start(package: Package) -> None:
    name = package(good="THING = N(name='a')", lazy="OTHER = 1")
    with pytest.raises(LookupError, match=f"^{name}.lazy must end with a constant THING$"):
        discover(name, "THING")


def test_two_plug_ins_of_one_name_stop_the_start(package: Package) -> None:
    name = package(first="THING = N(name='same')", second="THING = N(name='same')")
    with pytest.raises(LookupError, match=f"^{name}.second: the name 'same' is taken$"):
        discover(name, "THING")


def test_a_module_that_cannot_be_imported_is_not_skipped(package: Package) -> None:
    name = package(broken="raise RuntimeError('no')")
    with pytest.raises(RuntimeError, match="no"):
        discover(name, "THING")
