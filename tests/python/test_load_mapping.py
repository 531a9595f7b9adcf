"""Any application's usage table comes into the contract by a mapping, or is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_loading import mapping_sql
from support.project import PINNED, REPOSITORY, Project
from support.raw_files import Loader, jsonl, loaded, loader, manifest, picture, query, write

FIXTURE = REPOSITORY / "tests" / "fixtures" / "own_table"
HEADER = "id,at,n_in,n_out"
ROW = "a,2026-02-16T00:00:00Z,10,2"
COLUMNS = "{event_id: id, started_at: at, input_tokens: n_in, output_tokens: n_out}"
MINIMAL = "{event_id: id, started_at: at, input_tokens: n_in, output_tokens: n_out, "


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "events", "--table", "llm_usage_events")


@pytest.fixture
def load_mapped(load: Loader, tmp_path: Path) -> Callable[[Path, str], int]:
    """Load a file with a mapping given as text."""

    def run(file: Path, mapping: str) -> int:
        path = write(tmp_path / "mapping.yml", mapping)
        return load(file, options=["--mapping", str(path)])

    return run


def table(path: Path, extra_header: str = "", *extra_values: str) -> Path:
    """Write a CSV of one good row, or of one row for each value of a further column."""
    lines = [f"{HEADER},{extra_header}", *(f"{ROW},{value}" for value in extra_values)]
    return write(path, "\n".join(lines if extra_header else [HEADER, ROW]) + "\n")


def test_the_example_costs_what_was_worked_out_by_hand(
    make_project: Callable[..., Project],
) -> None:
    project = make_project("own_table", vars=PINNED)
    folder = project.path / "tests" / "fixtures" / "own_table"
    project.load(
        folder / "calls.csv", mapping=folder / "mapping.yml", loaded_at="2026-11-01T00:00:00+00:00"
    )
    project.build()
    rows = project.records("select * from marts.fct_llm_usage order by event_id")
    # The working stands in the fixture's README.
    assert {row["event_id"]: row["list_cost"] for row in rows} == {
        "c-1": Decimal("0.00184"),
        "c-2": Decimal("0.000368"),
        "c-3": Decimal("0.0006"),
        "c-4": Decimal("0.000225"),
        "c-5": Decimal("0.000021"),
        "c-6": None,
    }
    by_id = {row["event_id"]: row for row in rows}
    assert [row["reported_cost"] for row in rows] == [
        by_id["c-1"]["list_cost"],
        by_id["c-2"]["list_cost"],
        None,
        None,
        by_id["c-5"]["list_cost"],
        None,
    ]
    assert {row["source_instance"] for row in rows} == {"chat_app"}
    assert by_id["c-3"]["billing_status"] == "customer_owned"
    assert by_id["c-4"]["status"] == "error"
    assert by_id["c-6"]["pricing_status"] == "unpriced_model"
    assert project.query("select count(*) from marts.rejected_llm_usage") == [(0,)]


def test_the_example_in_the_documentation_is_the_one_that_is_tested() -> None:
    page = (REPOSITORY / "docs" / "your_own_table.md").read_text()
    assert f"```yaml\n{(FIXTURE / 'mapping.yml').read_text()}```" in page
    with (FIXTURE / "calls.csv").open(newline="") as file:
        assert [name for name in next(csv.reader(file)) if f"`{name}`" not in page] == []


def test_every_form_of_a_mapping_gives_the_contract_its_columns(
    load: Loader, raw_dir: Path
) -> None:
    mapped = ["--mapping", str(FIXTURE / "mapping.yml")]
    assert load(FIXTURE / "calls.csv", options=mapped) == 0
    columns = "started_at, workspace_id, credential_owner, status, latency_ms, reported_cost, tags"
    assert loaded(raw_dir, f"event_id, {columns}") == [
        (
            "c-1",
            datetime(2026, 7, 29, 23, 30, tzinfo=UTC),
            "team-a",
            "platform",
            "success",
            1250,
            "0.00184",
            '{"feature":"search"}',
        ),
        (
            "c-2",
            datetime(2026, 7, 30, tzinfo=UTC),
            "org-1",
            "platform",
            "success",
            1235,
            "0.000368",
            '{"feature":"search"}',
        ),
        (
            "c-3",
            datetime(2026, 8, 3, 8, tzinfo=UTC),
            "team-b",
            "customer",
            "success",
            900,
            None,
            '{"feature":"chat"}',
        ),
        (
            "c-4",
            datetime(2026, 8, 3, 8, 5, tzinfo=UTC),
            "team-b",
            "platform",
            "error",
            30000,
            None,
            '{"feature":"chat"}',
        ),
        (
            "c-5",
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            "team-a",
            "platform",
            "success",
            400,
            "0.000021",
            None,
        ),
        (
            "c-6",
            datetime(2026, 10, 26, 8, tzinfo=UTC),
            "team-a",
            "platform",
            "success",
            200,
            None,
            '{"feature":"chat"}',
        ),
    ]
    assert loaded(raw_dir, "distinct provider_name, reported_currency, source_instance") == [
        ("openai", "USD", "chat_app")
    ]


def test_the_same_table_in_any_format_is_the_same_batch(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapped = ["--mapping", str(FIXTURE / "mapping.yml")]
    assert load(FIXTURE / "calls.csv", options=mapped) == 0
    before = picture(raw_dir)
    with (FIXTURE / "calls.csv").open(newline="") as file:
        rows = [{name: text or None for name, text in row.items()} for row in csv.DictReader(file)]
    for row in rows:
        row["prompt"] = {"nested": row["prompt"]}  # type: ignore[assignment]
        row["seconds"] = float(row["seconds"])  # type: ignore[assignment, arg-type]
        row["cost_cents"] = row["cost_cents"] and float(row["cost_cents"])  # type: ignore[assignment]
    write(tmp_path / "calls.jsonl", jsonl(*rows))
    arrays: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    times = [datetime.fromisoformat(row["created_at"]) for row in rows]  # type: ignore[arg-type]
    arrays["created_at"] = pa.array(times, pa.timestamp("us"))
    pq.write_table(pa.table(arrays), tmp_path / "calls.parquet")
    for name in ("calls.jsonl", "calls.parquet"):
        capsys.readouterr()
        assert load(tmp_path / name, options=mapped) == 0
        assert "already loaded as batch" in capsys.readouterr().out
        assert picture(raw_dir) == before


def test_what_the_mapping_ignores_is_nowhere_in_the_raw_area(load: Loader, raw_dir: Path) -> None:
    assert load(FIXTURE / "calls.csv", options=["--mapping", str(FIXTURE / "mapping.yml")]) == 0
    assert "Because" in (FIXTURE / "calls.csv").read_text()
    assert "Because" not in repr(loaded(raw_dir, "*")) + repr(manifest(raw_dir))


WRONG: dict[str, tuple[str, str, str]] = {
    "no YAML": ("columns: {event_id: id", "", "line 1: not YAML as expected"),
    "a key twice": (
        "columns:\n  event_id: id\n  event_id: at\n",
        "",
        "line 3: not YAML as expected: 'event_id' stands twice",
    ),
    "a list": ("- event_id\n", "", "not a mapping; expected `columns:`"),
    "nothing": ("", "", "not a mapping; expected `columns:`"),
    "no columns": ("source_instance: x\n", "", "not a mapping; expected `columns:`"),
    "unknown key": (
        f"columns: {COLUMNS}\nignored: [x]\n",
        "",
        "ignored: no such key; did you mean",
    ),
    "unknown column of the contract": (
        f"columns: {MINIMAL}provider_nam: id}}\n",
        "",
        "columns.provider_nam: the contract has no column 'provider_nam'; did you mean 'provider_n",
    ),
    "column of the loader": (
        f"columns: {MINIMAL}_batch_id: id}}\n",
        "",
        "columns._batch_id: the contract has no column",
    ),
    "unknown column of the file": (
        f"columns: {MINIMAL}user_id: usr}}\n",
        "user",
        "columns.user_id: x.csv has no column 'usr'; did you mean 'user'?",
    ),
    "column that nobody mentions": (
        f"columns: {COLUMNS}\n",
        "prompt",
        "columns: nothing is said about 'prompt' of x.csv; map it, or name it under ignore",
    ),
    "required column missing": (
        "columns: {event_id: id, started_at: at, input_tokens: n_in}\nignore: [n_out]\n",
        "",
        "columns: the required column 'output_tokens' is missing; expected a whole number",
    ),
    "no time": (
        "columns: {event_id: id, input_tokens: n_in, output_tokens: n_out}\nignore: [at]\n",
        "",
        "columns: no time is mapped; map started_at or ended_at",
    ),
    "word without an entry": (
        f"columns: {MINIMAL}status: {{from: state, values: {{ok: success}}}}}}\n",
        "state",
        "columns.status.values: no entry for 'value' of state (x.csv, 1 rows); add it, or add oth",
    ),
    "word that the contract does not know": (
        f"columns: {MINIMAL}status: {{from: state, values: {{ok: succes}}}}}}\n",
        "state",
        "columns.status: 'succes' does not fit status; expected one of success, error",
    ),
    "constant that does not fit": (
        f"columns: {MINIMAL}is_stream: {{constant: perhaps}}}}\n",
        "",
        "columns.is_stream: 'perhaps' does not fit is_stream; expected true or false",
    ),
    "unknown zone": (
        COLUMNS.replace("started_at: at", "started_at: {from: at, timezone: Europe/Berln}").join(
            ("columns: ", "\n")
        ),
        "",
        "columns.started_at.timezone: no zone is called 'Europe/Berln'; expected a name: Europe/Be",
    ),
    "zone of a number": (
        f"columns: {MINIMAL}latency_ms: {{from: ms, timezone: UTC}}}}\n",
        "ms",
        "columns.latency_ms.timezone: latency_ms is no time; drop it",
    ),
    "factor that is no number": (
        f"columns: {MINIMAL}reported_cost: {{from: cents, times: 1/100}}}}\n",
        "cents",
        "columns.reported_cost.times: expected a decimal number above 0",
    ),
    "factor of nothing": (
        f"columns: {MINIMAL}reported_cost: {{from: cents, times: 0.00}}}}\n",
        "cents",
        "columns.reported_cost.times: expected a decimal number above 0",
    ),
    "factor of a text": (
        f"columns: {MINIMAL}user_id: {{from: user, times: 2}}}}\n",
        "user",
        "columns.user_id.times: user_id is no number; drop it",
    ),
    "object for a text": (
        f"columns: {MINIMAL}user_id: {{object: {{a: user}}}}}}\n",
        "user",
        "columns.user_id.object: user_id is no JSON object",
    ),
    "two forms at once": (
        f"columns: {MINIMAL}user_id: {{from: user, constant: x}}}}\n",
        "user",
        "columns.user_id: expected a column's name, or from",
    ),
    "otherwise alone": (
        f"columns: {MINIMAL}user_id: {{from: user, otherwise: x}}}}\n",
        "user",
        "columns.user_id: expected a column's name, or from",
    ),
    "no source": (
        f"columns: {MINIMAL}user_id: {{from: []}}}}\n",
        "",
        "columns.user_id.from: exp",
    ),
    "instance twice": (
        f"source_instance: a\ncolumns: {MINIMAL}source_instance: id}}\n",
        "",
        "source_instance: stands twice; drop it from columns",
    ),
    "ignore that is no list": (
        f"columns: {COLUMNS}\nignore: prompt\n",
        "prompt",
        "ignore: expected",
    ),
}


@pytest.mark.parametrize(("mapping", "column", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_mapping_ends_with_2_and_names_file_key_and_mend(
    load_mapped: Callable[[Path, str], int],
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    mapping: str,
    column: str,
    expected: str,
) -> None:
    assert load_mapped(table(tmp_path / "x.csv", column, "value"), mapping) == 2
    message = capsys.readouterr().err
    assert f"mapping.yml: {expected}" in message
    assert not raw_dir.exists()


def test_a_mapping_that_is_not_there_ends_with_2(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(table(tmp_path / "x.csv"), options=["--mapping", "gone.yml"]) == 2
    assert "gone.yml: cannot be read as a mapping" in capsys.readouterr().err


BAD: dict[str, tuple[str, str, list[str]]] = {
    "a plain column": (
        f"columns: {MINIMAL}latency_ms: took}}\n",
        "soon",
        ["line 3, column latency_ms (from took): 'soon'; expected a whole number"],
    ),
    "a factor": (
        f"columns: {MINIMAL}reported_cost: {{from: took, times: 0.01}}}}\n",
        "$5",
        ["line 3, column reported_cost (from took): '$5 × 0.01'; expected a decimal number"],
    ),
    "a cost too large for the fact": (
        f"columns: {MINIMAL}reported_cost: {{from: took, times: 1000}}}}\n",
        "10000000000",
        ["line 3, column reported_cost (from took): '10000000000000' is too large"],
    ),
    "a token count that is no whole number": (
        f"columns: {MINIMAL}cache_read_input_tokens: {{from: took, times: 0.5}}}}\n",
        "3",
        ["(from took): '1.5' is not written as a whole number"],
    ),
    "an hour that clocks skip": (
        f"columns: {MINIMAL}ended_at: {{from: took, timezone: Europe/Berlin}}}}\n",
        "2026-03-29 02:30:00",
        [
            "line 3, column ended_at (from took): '2026-03-29 02:30:00' does not exist in "
            "Europe/Berlin",
            "correct it, or export the time with its zone",
        ],
    ),
    "no time": (
        f"columns: {MINIMAL}ended_at: {{from: took, timezone: Europe/Berlin}}}}\n",
        "1771200000",
        ["line 3, column ended_at (from took): '1771200000'; expected an instant"],
    ),
    "the first of several columns": (
        f"columns: {MINIMAL}other_meters: {{from: [took, id]}}}}\n",
        "[1]",
        ["line 3, column other_meters (from took, id): '[1]'; expected a number or null for each"],
    ),
    "a real key": (
        f"columns: {MINIMAL}api_key_ref: took}}\n",
        "sk-proj-" + "q7Zp" * 10,
        ["line 3, column api_key_ref (from took): the value looks like a real API key (not shown"],
    ),
}


@pytest.mark.parametrize(("mapping", "value", "expected"), BAD.values(), ids=BAD)
def test_a_bad_value_ends_with_1_and_names_its_row_and_both_columns(
    load_mapped: Callable[[Path, str], int],
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    mapping: str,
    value: str,
    expected: list[str],
) -> None:
    good = {"[1]": '"{""a"": 1}"', "soon": "1", "3": "2"}.get(value, "")
    assert load_mapped(table(tmp_path / "x.csv", "took", good, value), mapping) == 1
    message = capsys.readouterr().err
    for fragment in expected:
        assert fragment in message
    assert "q7Zp" not in message
    assert not raw_dir.exists()


def test_a_file_with_a_bad_value_and_a_new_word_asks_for_the_mapping_first(
    load_mapped: Callable[[Path, str], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = f"{ROW},ok\n" * 10_000
    rows = f"{HEADER},state\nb,yesterday,1,1,ok\n{good}{ROW},failed\n"
    mapping = f"columns: {MINIMAL}status: {{from: state, values: {{ok: success}}}}}}\n"
    assert load_mapped(write(tmp_path / "x.csv", rows), mapping) == 2
    assert "no entry for 'failed' of state" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given_text", "zone", "expected"),
    [
        ("2026-07-01 12:00:00", "Europe/Berlin", datetime(2026, 7, 1, 10)),
        ("2026-07-01T12:00:00.25", "America/New_York", datetime(2026, 7, 1, 16, 0, 0, 250_000)),
        ("2026-07-01 12:00", "UTC", datetime(2026, 7, 1, 12)),
        # Shown twice: the second, in standard time, as PostgreSQL reads it.
        ("2026-10-25 02:30:00", "Europe/Berlin", datetime(2026, 10, 25, 1, 30)),
        ("2018-11-04 01:30:00", "America/New_York", datetime(2018, 11, 4, 6, 30)),
        ("2026-03-29 03:00:00", "Europe/Berlin", datetime(2026, 3, 29, 1)),
        # A value that names its zone keeps it.
        ("2026-07-01T12:00:00Z", "Europe/Berlin", datetime(2026, 7, 1, 12)),
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_local_time_is_read_in_the_zone_that_the_mapping_names(
    load_mapped: Callable[[Path, str], int],
    raw_dir: Path,
    tmp_path: Path,
    given_text: str,
    zone: str,
    expected: datetime,
    form: str,
) -> None:
    file = table(tmp_path / "x.csv", "local", given_text)
    if form == "parquet":
        stamp = datetime.fromisoformat(given_text)
        kind = pa.timestamp("us", tz="UTC" if stamp.tzinfo else None)
        row = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
        columns = {name: pa.array([value]) for name, value in row.items()}
        file = tmp_path / "x.parquet"
        pq.write_table(pa.table(columns | {"local": pa.array([stamp], kind)}), file)
    mapping = f"columns: {MINIMAL}ended_at: {{from: local, timezone: {zone}}}}}\n"
    assert load_mapped(file, mapping) == 0
    assert loaded(raw_dir, "ended_at") == [(expected.replace(tzinfo=UTC),)]


def test_words_are_the_letters_that_stand_in_the_file(
    load_mapped: Callable[[Path, str], int], raw_dir: Path, tmp_path: Path
) -> None:
    words = "{no: customer, 010: platform, '': customer}"
    mapping = f"columns: {MINIMAL}credential_owner: {{from: word, values: {words}}}}}\n"
    assert load_mapped(table(tmp_path / "x.csv", "word", "no", "010", ""), mapping) == 0
    assert sorted(loaded(raw_dir, "credential_owner")) == [
        ("customer",),
        ("customer",),
        ("platform",),
    ]


def test_a_missing_value_stays_missing_beside_otherwise(
    load_mapped: Callable[[Path, str], int], raw_dir: Path, tmp_path: Path
) -> None:
    status = "{from: state, values: {ok: success}, otherwise: error}"
    mapping = f"columns: {MINIMAL}status: {status}}}\n"
    assert load_mapped(table(tmp_path / "x.csv", "state", "ok", "cut", ""), mapping) == 0
    assert loaded(raw_dir, "status") == [("error",), ("success",), (None,)]


def test_an_ignored_column_may_be_absent_and_a_name_may_hold_quotes_and_spaces(
    load_mapped: Callable[[Path, str], int], raw_dir: Path, tmp_path: Path
) -> None:
    file = table(tmp_path / "x.csv", '"the ""user"""', "ada")
    mapping = f"columns: {MINIMAL}user_id: 'the \"user\"'}}\nignore: [gone]\n"
    assert load_mapped(file, mapping) == 0
    assert loaded(raw_dir, "user_id") == [("ada",)]


amounts = st.decimals(
    min_value=-(10**12), max_value=10**12, places=10, allow_nan=False, allow_infinity=False
)
factors = st.decimals(
    min_value=Decimal("0.000001"), max_value=Decimal("99.999999"), places=6, allow_nan=False
)


@settings(max_examples=200)
@given(amount=amounts, factor=factors)
def test_a_product_is_exact(amount: Decimal, factor: Decimal) -> None:
    expression = mapping_sql.multiplied(["cents"], {"cents": "VARCHAR"}, factor, False)
    ((found,),) = query(f"select {expression} from (select '{amount}' as cents)")
    assert Decimal(found) == amount * factor
