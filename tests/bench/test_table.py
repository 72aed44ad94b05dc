"""Tables line up."""

from __future__ import annotations

from tests.bench.table import markdown, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(["name", "n"], [["a", "1"], ["longer", "1,000"]]) == "\n".join(
        [
            "name        n",
            "------  -----",
            "a           1",
            "longer  1,000",
        ]
    )


def test_a_table_without_rows_is_its_head() -> None:
    assert table(["a", "bc"], []) == "a  bc\n-  --"


def test_markdown_has_a_line_for_each_row() -> None:
    assert markdown(["", "b"], [["1", "2"]]) == "|  | b |\n| --- | --- |\n| 1 | 2 |"
