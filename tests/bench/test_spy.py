"""A process with a spy in it answers each question once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.bench.spy import Told, ask, command, lines

ANSWERS = """
    import signal, sys
    told = '{"instructions": 1, "tasks": 2, "objects": 3}'
    def tell(*_):
        with open(sys.argv[1], "a") as file:
            print(told, file=file)
    signal.signal(signal.SIGUSR1, tell)
    print("ready", flush=True)
    while sys.stdin.read(1):
        pass
"""


def test_a_question_is_answered_by_the_next_line(tmp_path: Path) -> None:
    file = tmp_path / "told"
    program = [sys.executable, "-c", textwrap.dedent(ANSWERS), str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert ask(process.pid, file) == Told(instructions=1, tasks=2, objects=3)
        assert ask(process.pid, file) == Told(instructions=1, tasks=2, objects=3)
        process.communicate("")
    assert len(lines(file)) == 2


@pytest.mark.parametrize(("text", "found"), [("a\nb", ["a"]), ("", []), ("a\n", ["a"])])
def test_a_line_counts_when_it_is_complete(text: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "told").write_text(text)
    assert lines(tmp_path / "told") == found


def test_the_command_starts_a_gateway_with_the_spy() -> None:
    started = command(Path("told")).format(config="a.yaml", port=4)
    arguments = "-m tests.bench.inside told serve --config a.yaml --host 127.0.0.1 --port 4"
    assert started.endswith(f" {arguments}")
