"""An application's tables as they come: folders, both names, changed columns, secrets left out."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import load_raw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import raw_area
from raw_loading import file_area
from raw_loading.declaration import find_table
from raw_loading.file_area import FileArea, batch_files
from raw_loading.problems import BadData, BadSetup
from support.raw_files import (
    CREATED,
    LLM,
    USAGE,
    USER,
    Loader,
    folder_of,
    jsonl,
    loaded,
    loader,
    manifest,
    parquet,
    picture,
    query,
    write,
)

AT = datetime(2024, 12, 1, 2, tzinfo=UTC)


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "synapscale")


def as_text(raw_dir: Path, table: str) -> str:
    """All values of a raw table as one text, and the bytes of its files."""
    files = list((raw_dir / "synapscale" / table).glob("*.parquet"))
    rows = query(f"select * from read_parquet({[str(file) for file in files]})")
    return repr(rows) + "".join(file.read_bytes().decode("latin-1") for file in files)


def test_a_folder_loads_every_file_into_the_table_it_is_named_after(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "export", llms=[LLM], usage_logs=[USAGE])
    write(folder / "users.csv", f"id,created_at\nada,{CREATED}\n")
    write(
        folder / "workspaces.jsonl.gz", gzip.compress(jsonl(USER | {"name": "Research"}).encode())
    )
    parquet(folder / "agents.parquet", USER | {"name": "helper"})
    write(folder / ".DS_Store", "anything")
    assert load(folder, options=["--loaded-at", "2024-12-01T02:00Z", "--load-mode", "full"]) == 0

    tables = ["agents", "llms", "usage_logs", "users", "workspaces"]
    assert sorted(path.name for path in (raw_dir / "synapscale").iterdir()) == tables
    rows = {row[2]: row for row in manifest(raw_dir)}
    assert sorted(rows) == tables
    assert {row[1] for row in rows.values()} == {"synapscale"}
    assert {row[3:6] for row in rows.values()} == {("full", AT, 1)}
    assert rows["usage_logs"][6:8] == (10, 2)
    assert rows["users"][6:8] == (0, 0)
    assert "workspaces.jsonl.gz: loaded 1 rows, as batch" in capsys.readouterr().out


def test_a_batch_has_the_stored_columns_with_their_declared_types(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    folder = folder_of(
        tmp_path / "export",
        llms=[LLM],
        workspaces=[USER | {"name": "Research", "last_activity_at": "2024-08-02T12:00:00+02:00"}],
        invoices=[USER | {"tenant_id": "t", "invoice_number": "1", "total_amount": "12.50"}],
    )
    assert load(folder) == 0
    types = {
        "text": "VARCHAR",
        "boolean": "BOOLEAN",
        "integer": "INTEGER",
        "bigint": "BIGINT",
        "double": "DOUBLE",
        "decimal": "DECIMAL(28,15)",
        "timestamp": "TIMESTAMP",
        "timestamptz": "TIMESTAMP WITH TIME ZONE",
    }
    for name in ("llms", "workspaces", "invoices"):
        described = query(f"describe select * from '{raw_dir}/synapscale/{name}/*.parquet'")
        assert [(column, kind) for column, kind, *_ in described] == [
            (column.name, types[column.data_type])
            for column in find_table("synapscale", name).columns
            if column.stored
        ]
    assert loaded(raw_dir, "last_activity_at", "synapscale/workspaces") == [
        (datetime(2024, 8, 2, 10),)
    ]
    assert loaded(raw_dir, "total_amount", "synapscale/invoices") == [(Decimal("12.5"),)]


def test_a_folder_is_all_or_nothing(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = folder_of(tmp_path / "good", llms=[LLM], users=[USER])
    assert load(good) == 0
    before = picture(raw_dir)
    bad = folder_of(
        tmp_path / "bad",
        llms=[LLM | {"cost_per_token_input": "$0.000005"}],
        users=[USER | {"id": "bob"}],
        usage_logs=[USAGE, USAGE | {"input_tokens": "many"}],
    )
    capsys.readouterr()
    assert load(bad) == 1
    message = capsys.readouterr().err
    assert "llms.jsonl: line 1, column cost_per_token_input: '$0.000005'; expected" in message
    assert "usage_logs.jsonl: line 2, column input_tokens: 'many'" in message
    assert "nothing was loaded" in message
    assert picture(raw_dir) == before


def test_a_folder_killed_before_its_manifest_leaves_nothing_after_the_next_load(
    load: Loader, raw_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_at_manifest(moves: Sequence[tuple[Path, Path]]) -> None:
        if any(final.parent.name == "load_manifest" for _, final in moves):
            raise KeyboardInterrupt
        raw_area.publish_all(moves)

    with monkeypatch.context() as patch:
        patch.setattr(file_area, "publish_all", stop_at_manifest)
        with pytest.raises(KeyboardInterrupt):
            load(folder_of(tmp_path / "one", llms=[LLM], users=[USER]))
    assert len(loaded(raw_dir, "id", "synapscale/users")) == 1

    second = folder_of(tmp_path / "two", llms=[LLM | {"id": "new"}], users=[USER | {"id": "bob"}])
    assert load(second) == 0
    assert loaded(raw_dir, "id", "synapscale/users") == [("bob",)]
    assert loaded(raw_dir, "id", "synapscale/llms") == [("new",)]


def test_the_same_folder_again_changes_no_byte(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "export", llms=[LLM], users=[USER], tenants=[])
    full = ["--load-mode", "full"]
    assert load(folder, options=full) == 0
    before = picture(raw_dir)
    capsys.readouterr()
    assert load(folder, options=full) == 0
    assert capsys.readouterr().out.count("already loaded as batch") == 3
    assert picture(raw_dir) == before


def test_a_file_that_is_no_table_is_refused_by_name_and_nothing_is_loaded(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "export", users=[USER], usr_variables=[USER])
    write(folder / "notes.txt", "x")
    write(folder / "llms.jsonl", jsonl(LLM))
    write(folder / "llms.csv", "id\n")
    (folder / "parts").mkdir()
    assert load(folder) == 2
    message = capsys.readouterr().err
    assert "usr_variables.jsonl: source synapscale has no table 'usr_variables'" in message
    assert "did you mean 'user_variables'?" in message
    assert "notes.txt: the extension names no known format" in message
    assert "llms.csv and llms.jsonl are both llms; keep one" in message
    assert "parts/ is a folder" in message
    assert not raw_dir.exists()


def test_calls_that_contradict_themselves_end_with_2_and_name_the_mend(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "export", users=[USER])
    both = folder_of(tmp_path / "both", usage_logs=[USAGE], llms_usage_logs=[USAGE])
    (tmp_path / "empty").mkdir()
    wrong: list[tuple[list[Path], list[str], str]] = [
        ([folder], ["--table", "users"], "drop --table and --mapping"),
        ([folder], ["--mapping", "x.yml"], "drop --table and --mapping"),
        ([folder, folder / "users.jsonl"], [], "name one folder, or files"),
        ([folder / "users.jsonl"], [], "--table is missing"),
        ([tmp_path / "empty"], [], "the folder holds no file"),
        ([both], [], "llms_usage_logs.jsonl and usage_logs.jsonl are both usage_logs"),
        ([folder / "users.jsonl"], ["--table", "llms_usage_log"], "did you mean 'llms_usage_logs'"),
        (
            [folder / "users.jsonl"],
            ["--table", "users", "--mapping", "x.yml"],
            "--mapping is for --source events --table llm_usage_events only",
        ),
    ]
    for files, options, expected in wrong:
        assert load(*files, options=options) == 2
        assert expected in capsys.readouterr().err
    assert not raw_dir.exists()


def test_a_deployed_name_gives_the_folder_and_the_declared_one_stands_in_the_manifest(
    load: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for number, name in enumerate(("usage_logs", "llms_usage_logs", "llms_usage_logs")):
        raw_dir = tmp_path / f"raw_{number}"
        run = loader(monkeypatch, raw_dir, "--source", "synapscale")
        file = write(tmp_path / f"{number}" / f"{name}.jsonl", jsonl(USAGE))
        arguments = ([file.parent], []) if number < 2 else ([file], ["--table", name])
        assert run(*arguments[0], options=arguments[1]) == 0
        ((batch, source, table, *_),) = manifest(raw_dir)
        assert (source, table) == ("synapscale", "usage_logs")
        assert list(batch_files(raw_dir / "synapscale" / name)) == [batch]
        ids.append(batch)
    assert len(set(ids)) == 1


def test_a_table_is_not_loaded_under_two_names(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(folder_of(tmp_path / "one", llms_usage_logs=[USAGE])) == 0
    before = picture(raw_dir)
    assert load(folder_of(tmp_path / "two", usage_logs=[USAGE | {"id": "u-2"}])) == 2
    message = capsys.readouterr().err
    assert "usage_logs was loaded as llms_usage_logs before" in message
    assert "load it under that name" in message
    assert picture(raw_dir) == before


@pytest.mark.parametrize("name", ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"])
def test_an_empty_table_is_loaded_in_full_and_refused_as_an_addition(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = tmp_path / "empty" / f"users.{name}"
    content = b"id,created_at\n" if "csv" in name else b""
    write(file, gzip.compress(content) if name.endswith("gz") else content)
    if name == "parquet":
        pq.write_table(pa.table({"id": pa.array([], pa.string()), "created_at": pa.nulls(0)}), file)
    assert load(folder_of(tmp_path / "first", users=[USER]), options=["--load-mode", "full"]) == 0
    before = picture(raw_dir)

    assert load(file, options=["--table", "users"]) == 1
    assert "users" in capsys.readouterr().err
    assert picture(raw_dir) == before

    assert load(file.parent, options=["--load-mode", "full"]) == 0
    assert "the table is empty now" in capsys.readouterr().out
    assert sorted(row[5] for row in manifest(raw_dir)) == [0, 1]
    described = query(f"describe select * from '{raw_dir}/synapscale/users/*.parquet'")
    assert {name: kind for name, kind, *_ in described}["created_at"].endswith("TIME ZONE")
    assert loaded(raw_dir, "id", "synapscale/users") == [("ada",)]


def test_a_whole_table_of_nothing_but_a_broken_export_is_refused(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = ["--table", "users", "--load-mode", "full"]
    for name in ("users.csv", "users.parquet"):
        assert load(write(tmp_path / name, b""), options=full) == 1
        assert "0 bytes" in capsys.readouterr().err
    assert load(write(tmp_path / "users.jsonl", "{}\n"), options=full) == 1
    assert "required column 'id' is missing" in capsys.readouterr().err
    assert not raw_dir.exists()


def test_older_and_newer_column_sets_are_loaded_and_missing_columns_are_null(
    load: Loader, raw_dir: Path, tmp_path: Path
) -> None:
    newer = LLM | {"id": "llm-2", "status": "active", "availability_percentage": 99.5}
    assert load(folder_of(tmp_path / "older", llms=[LLM])) == 0
    assert load(folder_of(tmp_path / "newer", llms=[newer])) == 0
    assert loaded(raw_dir, "id, status, availability_percentage", "synapscale/llms") == [
        ("llm-1", None, None),
        ("llm-2", "active", 99.5),
    ]


@pytest.mark.parametrize("name", ["llms.jsonl", "llms.csv", "llms.parquet"])
def test_an_unknown_column_is_dropped_with_a_warning_that_names_the_nearest(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    row = LLM | {"modelversion": "2024-05-13", "zzz": "canary"}
    content = jsonl(row) if "jsonl" in name else ""
    if name == "llms.csv":
        content = f"{','.join(row)}\n{','.join(map(str, row.values()))}\n"
    file = write(tmp_path / name, content)
    if name == "llms.parquet":
        parquet(file, row)
    assert load(file, options=["--table", "llms"]) == 0
    warned = capsys.readouterr().err
    assert (
        f"warning: {name}: column 'modelversion' is not declared and was dropped; "
        "the nearest declared is 'model_version'" in warned
    )
    assert f"{name}: column 'zzz' is not declared and was dropped" in warned
    assert "canary" not in warned + as_text(raw_dir, "llms")


def test_a_required_column_with_another_name_is_refused_with_the_near_one(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"llmid" if name == "llm_id" else name: value for name, value in USAGE.items()}
    assert load(folder_of(tmp_path / "export", usage_logs=[row])) == 1
    message = capsys.readouterr().err
    assert "required column 'llm_id' is missing; expected a text" in message
    assert "column 'llmid' is not declared; did you mean 'llm_id'?" in message
    assert not raw_dir.exists()


def test_a_file_without_a_header_shows_none_of_its_words(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "m-1,c-1,user,my own secret words,2024-08-01T10:00:00Z\n"
    file = write(tmp_path / "messages.csv", text)
    assert load(file, options=["--table", "messages"]) == 1
    message = capsys.readouterr().err
    assert "required column 'id' is missing" in message
    assert "secret" not in message


CANARIES: dict[str, dict[str, Any]] = {
    "users": USER
    | {
        "email": "canary-mail@example.org",
        "hashed_password": "$2b$12$canary-hash",
        "bio": "canary-bio",
        "user_metadata": {"note": "canary-note"},
    },
    "user_variables": USER
    | {"user_id": "ada", "key": "OPENAI", "value": "sk-proj-canary" + "q7Zp" * 9},
    "messages": USER
    | {
        "conversation_id": "c",
        "role": "user",
        "content": "canary-content",
        "attachments": ["canary-list"],
    },
    "analytics_events": USER
    | {"event_type": "view", "timestamp": CREATED, "ip_address": "203.0.113.77"},
    "usage_logs": USAGE
    | {"api_request_payload": {"prompt": "canary-prompt"}, "error_message": "canary-error"},
}
SECRETS = ("canary", "203.0.113.77", "q7Zp")


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_what_is_not_stored_is_nowhere_in_the_raw_area(
    load: Loader, raw_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    folder = tmp_path / "export"
    for name, row in CANARIES.items():
        # The content may have any form: it is accepted as it is.
        flat = {n: v if isinstance(v, int) else str(v).replace(",", ";") for n, v in row.items()}
        header, values = ",".join(flat), ",".join(map(str, flat.values()))
        content = jsonl(row) if form == "jsonl" else f"{header}\n{values}\n"
        file = write(folder / f"{name}.{form}", content)
        if form == "parquet":
            parquet(file, flat, **({"timestamp": pa.array([AT])} if "timestamp" in row else {}))
    assert load(folder) == 0

    printed = capfd.readouterr()
    for name in CANARIES:
        described = query(f"describe select * from '{raw_dir}/synapscale/{name}/*.parquet'")
        offered = find_table("synapscale", name).offered
        assert not {n for n, c in offered.items() if not c.stored} & {row[0] for row in described}
        for secret in SECRETS:
            assert secret not in as_text(raw_dir, name)
            assert secret not in printed.out + printed.err
    whole = b"".join(path.read_bytes() for path in raw_dir.rglob("*") if path.is_file())
    assert not [secret for secret in SECRETS if secret.encode() in whole]


def test_what_is_not_stored_does_not_make_another_batch(
    load: Loader, raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(folder_of(tmp_path / "one", users=[USER | {"email": "a@example.org"}])) == 0
    assert load(folder_of(tmp_path / "two", users=[USER | {"email": 7, "bio": ["x"]}])) == 0
    assert "already loaded as batch" in capsys.readouterr().out
    assert len(manifest(raw_dir)) == 1


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_text_of_ten_megabytes_that_is_not_stored_does_not_hinder(
    load: Loader, raw_dir: Path, tmp_path: Path, form: str
) -> None:
    row = USAGE | {"api_request_payload": "x" * 10_000_000}
    content = f"{','.join(row)}\n{','.join(map(str, row.values()))}\n"
    file = write(tmp_path / f"usage_logs.{form}", jsonl(row) if form == "jsonl" else content)
    assert load(file, options=["--table", "usage_logs"]) == 0
    assert loaded(raw_dir, "id, input_tokens", "synapscale/usage_logs") == [("u-1", 10)]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_record_beyond_the_longest_is_named_with_its_mend(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    row = USAGE | {"api_request_payload": "x" * 40_000_000}
    content = f"{','.join(row)}\n{','.join(map(str, row.values()))}\n"
    file = write(tmp_path / f"usage_logs.{form}", jsonl(row) if form == "jsonl" else content)
    assert load(file, options=["--table", "usage_logs"]) == 1
    line = 2 if form == "csv" else 1
    assert f"line {line} begins a record of more than 16 MiB" in capsys.readouterr().err


def test_tables_are_loaded_in_process_together_or_not_at_all(
    raw_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "in", llms=[LLM], llms_usage_logs=[USAGE], users=[{"id": "x"}])
    files = {path.stem: path for path in folder.iterdir()}
    with pytest.raises(BadData, match="required column 'created_at' is missing"):
        load_raw.load_tables(files, "synapscale", FileArea(raw_dir), AT, "full")
    with pytest.raises(BadSetup, match="has no table 'user'"):
        load_raw.load_tables({"user": files["users"]}, "synapscale", FileArea(raw_dir), AT, "full")
    assert not raw_dir.exists()

    del files["users"]
    messages = load_raw.load_tables(files, "synapscale", FileArea(raw_dir), AT, "full")
    assert [message.split(",")[0] for message in sorted(messages)] == [
        "llms.jsonl: loaded 1 rows",
        "llms_usage_logs.jsonl: loaded 1 rows",
    ]
    assert {row[2] for row in manifest(raw_dir)} == {"llms", "usage_logs"}
