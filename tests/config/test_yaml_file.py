"""Reading a YAML file, and what is said when it cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plexus.config.problems import ConfigError, Problem
from plexus.config.yaml_file import MAX_BYTES, parse, read_text


def problem_with(path: Path) -> Problem:
    """Return the one problem of a file that cannot be read."""
    with pytest.raises(ConfigError) as caught:
        read_text(path)
    (problem,) = caught.value.problems
    return problem


def syntax_problem(text: str) -> Problem:
    """Return the one problem of text that is no YAML for us."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    return problem


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n")
    assert parse(read_text(file)).value == {"a": 1, "b": ["x"]}


def test_a_directory_is_named_as_such_with_docker_s_part_in_it(tmp_path: Path) -> None:
    problem = problem_with(tmp_path)
    assert problem.message == "is a directory, not a file"
    assert "Docker" in problem.remedy


def test_a_missing_file_is_named_as_such(tmp_path: Path) -> None:
    assert problem_with(tmp_path / "no.yaml").message == "does not exist"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    file = tmp_path / "loop.yaml"
    os.symlink(file, file)
    assert problem_with(file).message.startswith("cannot be read: ")


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes("a: 1".encode("utf-16"))
    assert problem_with(file).message == "is not UTF-8 text"


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert problem_with(file).message == "is larger than 8 MiB"


def test_a_tab_is_an_error_with_line_and_column() -> None:
    problem = syntax_problem("a:\n\t- x\n")
    assert (problem.line, problem.column, problem.remedy) == (2, 1, "indent with spaces")


def test_a_reference_in_flow_style_without_quotes_gets_its_own_remedy() -> None:
    assert 'quotes around "${NAME}"' in syntax_problem("a: {b: ${C}}").remedy


def test_broken_yaml_is_an_error_with_line_and_column() -> None:
    problem = syntax_problem("a: 1\nb: c: d\n")
    assert (problem.line, problem.column, problem.remedy) == (2, 5, "")


def test_a_control_character_is_an_error_with_its_line() -> None:
    problem = syntax_problem("a: 1\nb: \x01\n")
    assert (problem.message, problem.line) == ("holds a control character", 2)


def test_the_top_level_must_be_a_mapping() -> None:
    assert syntax_problem("- a").message.startswith("must be a mapping of sections")


def test_an_empty_file_is_an_empty_configuration() -> None:
    assert parse("# nothing\n").value == {}


def test_places_are_known_and_the_nearest_one_stands_in() -> None:
    document = parse("a:\n  b: [x, y]\n")
    assert document.mark(("a", "b", 1)) == (2, 10)
    assert document.mark(("a", "b", 7, "c")) == (2, 3)
    assert document.mark(()) == (1, 1)
    assert parse("").mark(("a",)) is None
