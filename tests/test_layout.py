"""The tests mirror the sources: each source file has its test file, and the other way round."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.repository import ROOT, python_files, source_files

# Tests of many files together; elsewhere a test file is named for the one file that it tests.
CROSS_CUTTING_FOLDERS = {"e2e"}
CROSS_CUTTING_NAMES = {
    "test_chain", "test_conformance", "test_edge_cases", "test_golden", "test_laws", "test_matrix",
    "test_recordings", "test_sdk",
}  # fmt: skip


def needs_test(source: Path) -> bool:
    """Whether there is something in it that can be tested."""
    if "versions" in source.parts:  # migrations are tested as a chain
        return False
    if source.name != "__init__.py":
        return True
    text = (ROOT / source).read_text()
    return len(text.splitlines()) >= 15 and not is_docstring_only(text)


def is_docstring_only(text: str) -> bool:
    """Whether a module consists of nothing but its docstring."""
    body = ast.parse(text).body
    return len(body) <= 1 and all(isinstance(node, ast.Expr) for node in body)


def twins_of(source: Path) -> list[Path]:
    """Where the tests of a source file may be: the first is where to put them."""
    folder = Path("tests") / source.parent
    if source.name == "__init__.py":
        package = f"test_{source.parent.name}.py"
        return [folder / "test_init.py", folder / package, folder.parent / package]
    return [folder / f"test_{source.stem.strip('_')}.py"]


def subjects_of(test: Path) -> list[Path]:
    """Which file a test file may be about: a source, or a helper beside it."""
    mirrored = Path(*test.parts[1:-1])
    name = test.stem.removeprefix("test_")
    candidates = [f"{name}.py", f"_{name}.py", f"__{name}__.py", f"{name}/__init__.py"]
    candidates += ["__init__.py"] if name == mirrored.name else []
    return [folder / file for folder in (mirrored, test.parent) for file in candidates]


def test_every_source_file_has_a_test_file() -> None:
    missing = [
        f"{source} needs {twins_of(source)[0]}"
        for source in source_files()
        if needs_test(source) and not any((ROOT / test).is_file() for test in twins_of(source))
    ]
    assert not missing, "\n" + "\n".join(missing)


def test_every_test_file_is_about_a_file() -> None:
    astray = [
        f"{test} is about nothing: there is no {subjects_of(test)[0]}"
        for test in python_files("tests")
        if is_mirror(test) and not any((ROOT / subject).is_file() for subject in subjects_of(test))
    ]
    assert not astray, "\n" + "\n".join(astray)


def is_mirror(test: Path) -> bool:
    """Whether a file is a test file that must be named for a source."""
    return (
        test.name.startswith("test_")
        and len(test.parts) > 2
        and not CROSS_CUTTING_FOLDERS & set(test.parts)
        and test.stem not in CROSS_CUTTING_NAMES
    )


def test_this_file_finds_twins() -> None:
    source = Path("transforms/dialects/gemini/request.py")
    test = Path("tests/transforms/dialects/gemini/test_request.py")
    assert twins_of(source) == [test]
    assert source in subjects_of(test)
    assert Path("addons/routing/__init__.py") in subjects_of(
        Path("tests/addons/routing/test_init.py")
    )
    assert not is_mirror(Path("tests/e2e/test_abort.py"))
    assert not is_mirror(Path("tests/test_style.py"))
    assert is_mirror(test)
