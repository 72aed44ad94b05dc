"""House rules that no linter knows: sizes, docstrings, folders, what must not be committed."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mitmproxy import addonmanager  # noqa: F401 - these define the hooks
from mitmproxy.hooks import all_hooks
from mitmproxy.proxy import layers, server_hooks  # noqa: F401 - these, too

from tests.repository import ROOT, SOURCES, committed, source_files

MAX_FILE = 400  # lines
MAX_FUNCTION = 60  # lines
TOP_LEVEL = {*SOURCES, "tests", "docs"}

type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Public = Function | ast.ClassDef

# Put together here so that this file does not hold them.
INDEX_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs.org"]
INDEX_VARIABLES = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"]
MACHINE_FOLDERS = ["/" + "root", "/" + "work"]


def each_source() -> pytest.MarkDecorator:
    """Run a test once per source file, as its argument `source`."""
    files = source_files()
    return pytest.mark.parametrize("source", files, ids=[str(file) for file in files])


@each_source()
def test_a_source_file_is_short(source: Path) -> None:
    length = len((ROOT / source).read_text().splitlines())
    assert length <= MAX_FILE, f"{source} has {length} lines; split it by role"


@each_source()
def test_functions_are_short(source: Path) -> None:
    long = [
        f"{source}:{node.lineno} {node.name} has {lines_of(node)} lines"
        for node in ast.walk(parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines_of(node) > MAX_FUNCTION
        and "versions" not in source.parts  # a migration is one long list of columns
    ]
    assert not long, "\n" + "\n".join(long)


@each_source()
def test_a_module_says_why_it_exists_and_its_public_names_what_they_promise(source: Path) -> None:
    tree = parse(source)
    silent = [] if ast.get_docstring(tree) else [f"{source}:1 the module has no docstring"]
    silent += [
        f"{source}:{node.lineno} {name} has no docstring"
        for name, node in public(tree)
        if not ast.get_docstring(node) and not speaks_for_itself(node, source)
    ]
    assert not silent, "\n" + "\n".join(silent)


def parse(source: Path) -> ast.Module:
    """Read a source file."""
    return ast.parse((ROOT / source).read_text(), str(source))


def lines_of(node: Function) -> int:
    """How long a function is, without its decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def public(
    node: ast.Module | ast.ClassDef, prefix: str = ""
) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """The public functions and classes, and the public methods of those classes."""
    for child in node.body:
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if child.name.startswith("_"):
            continue
        yield prefix + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from public(child, f"{prefix}{child.name}.")


def speaks_for_itself(node: Public, source: Path) -> bool:
    """Whether its meaning is documented elsewhere: where it is overridden, or by mitmproxy."""
    names = [ast.unparse(decorator) for decorator in node.decorator_list]
    if any(
        name in ("override", "overload") or name.endswith((".setter", ".deleter")) for name in names
    ):
        return True
    is_hook = source.parts[0] == "addons" and node.name in MITMPROXY_CALLS
    return is_hook and not isinstance(node, ast.ClassDef)


MITMPROXY_CALLS = {*all_hooks, "load"}


def test_the_top_level_has_no_other_folder() -> None:
    folders = {path.parts[0] for path in committed() if len(path.parts) > 1}
    others = {name for name in folders - TOP_LEVEL if not name.startswith(".")}
    assert not others, f"the top level is fixed: move what is in {sorted(others)}"


def test_nothing_committed_names_a_package_index_or_a_folder_of_this_machine() -> None:
    needles = re.compile("|".join(forbidden()))
    found = [
        f"{path}:{number} {line.strip()[:100]}"
        for path in committed()
        for number, line in enumerate(lines_in(path), 1)
        if needles.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def forbidden() -> Iterator[str]:
    """Patterns for what must not be committed: index hosts, also configured ones, and paths."""
    for variable in INDEX_VARIABLES:
        if host := urlsplit(os.environ.get(variable, "")).hostname:
            yield rf"(?<![\w.-]){re.escape(host)}(?![\w-])"
    for host in INDEX_HOSTS:
        yield re.escape(host)
    home = Path.home()
    for folder in [*MACHINE_FOLDERS, *([str(home)] if len(home.parts) > 2 else [])]:
        yield rf"(?<![\w.~-]){re.escape(folder)}/"


def lines_in(path: Path) -> list[str]:
    """The lines of a text file; none of a binary one."""
    data = (ROOT / path).read_bytes()
    return [] if b"\0" in data else data.decode("utf-8", "replace").splitlines()


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("index = https://" + INDEX_HOSTS[0] + "/simple", True),
        ("cd " + MACHINE_FOLDERS[1] + "/main", True),
        ('open("' + MACHINE_FOLDERS[0] + '/x")', True),
        ("see docs" + MACHINE_FOLDERS[1] + "/flow.md", False),
        ("the " + MACHINE_FOLDERS[0].strip("/") + " of the tree", False),
    ],
)
def test_the_search_finds_what_it_should_and_no_more(line: str, bad: bool) -> None:
    assert (re.search("|".join(forbidden()), line) is not None) == bad


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("class A:\n  def f(self): ...", ["A", "A.f"]),
        ('class A:\n  "Doc."\n  @override\n  def f(self): ...', []),
        ("class _A:\n  def f(self): ...", []),
        ("def f():\n  def g(): ...", ["f"]),
        ('class A:\n  "Doc."\n  def request(self, flow): ...', []),
        ('class A:\n  "Doc."\n  def __init__(self): ...', []),
        ('class A:\n  "Doc."\n  @x.setter\n  def x(self, value): ...', []),
    ],
)
def test_docstrings_are_asked_for_where_they_are_due(text: str, missing: list[str]) -> None:
    source = Path("addons/example.py")
    assert [
        name
        for name, node in public(ast.parse(text))
        if not ast.get_docstring(node) and not speaks_for_itself(node, source)
    ] == missing
