"""A float becomes the decimal that its writer meant, on every engine the same."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st
from support.project import REPOSITORY

MACRO = REPOSITORY / "macros" / "engines" / "float_to_decimal.sql"
TOO_LARGE = Decimal(10) ** 13
PLACES = Decimal("1e-15")
costs = st.floats(min_value=-1e13, max_value=1e13)
prices = st.builds(
    lambda digits, places: digits / 10**places, st.integers(0, 10**9), st.integers(0, 18)
)
halves = st.builds(lambda n: (2 * n + 1) * 5e-16, st.integers(0, 10**6))


def expected(number: float) -> Decimal | None:
    """Read the shortest text exactly, and round the 16th digit half away from zero."""
    if not math.isfinite(number):
        return None
    with localcontext() as context:
        context.prec = 400
        read = Decimal(repr(number)).quantize(PLACES, ROUND_HALF_UP)
    return read if abs(read) < TOO_LARGE else None


def expression() -> str:
    """Return the macro's SQL on DuckDB, its inner macros written out."""
    text = MACRO.read_text(encoding="utf-8")
    body = re.search(
        r"macro default__float_to_decimal\(number\) -%}\s*(.*?)\s*{%- endmacro", text, re.S
    )
    assert body
    written = {"number": "number", "dbt.type_string()": "varchar", "type_cost()": "decimal(28, 15)"}
    return re.sub(r"{{ (.*?) }}", lambda inner: written[inner[1]], body[1])


SQL = f"select {expression()} from (select unnest(?::double[]) as number)"


@given(st.lists(st.one_of(costs, prices, halves, st.floats()), min_size=100, max_size=200))
@example([0.1 + 0.2, 1e-15, 5e-16, -5e-16, 4.9e-16, 1.5e-15, 2.5e-15, -0.0, 5e-324])
@example([9999999999999.998, 1e13, -1e13, math.nan, math.inf, -math.inf, 1e308])
def test_a_float_is_read_as_its_shortest_text(numbers: list[float]) -> None:
    found = [row[0] for row in duckdb.execute(SQL, [numbers]).fetchall()]
    assert found == [expected(number) for number in numbers]
