"""The export is shown by a spreadsheet exactly as it is, and computes nothing."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.export import csv_line, safe


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+372512",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        " =1",
        "\u00a0=1",
    ],
)
def test_what_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Zoë", "", "3,200", "a=b", "O'Brien"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe(cell) == cell


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_a_line_reads_back_as_the_same_cells(cells: list[str]) -> None:
    line = csv_line(cells)

    assert list(csv.reader(io.StringIO(line))) == [[safe(cell) for cell in cells]]


def test_quotes_commas_and_line_breaks_stay_inside_their_cell() -> None:
    assert csv_line(['say "hi", now', "a\nb"]) == '"say ""hi"", now","a\nb"\r\n'
