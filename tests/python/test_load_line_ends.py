"""A CSV file has one kind of line end; another is refused with its line. In quotes any is read."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest
from support.raw_files import HEADER, Loader, loaded, loader, write

KINDS = {"CRLF": "\r\n", "LF": "\n", "CR": "\r"}
MIXES = [kinds for kinds in itertools.product(KINDS, repeat=3) if len(set(kinds)) > 1]
ROWS = ["a,2026-02-16T00:00:00Z,10,2", "b,2026-02-16T00:00:01Z,20,4"]
LAST = "c,2026-02-16T00:00:02Z,30,6"


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def load(raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    return loader(monkeypatch, raw_dir, "--source", "events", "--table", "llm_usage_events")


def lines(*kinds: str) -> str:
    """Return a header and two rows with these line ends, and a last row without one."""
    ended = zip([HEADER, *ROWS], kinds, strict=True)
    return "".join(line + KINDS[kind] for line, kind in ended) + LAST


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_line_end_is_read(
    load: Loader, raw_dir: Path, tmp_path: Path, kind: str
) -> None:
    assert load(write(tmp_path / "x.csv", lines(kind, kind, kind))) == 0
    assert loaded(raw_dir, "event_id, input_tokens") == [("a", 10), ("b", 20), ("c", 30)]


@pytest.mark.parametrize("kinds", MIXES, ids="-".join)
def test_mixed_line_ends_are_refused_with_that_reason(
    load: Loader,
    raw_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kinds: tuple[str, ...],
) -> None:
    assert load(write(tmp_path / "x.csv", lines(*kinds))) == 1
    header, *rows = kinds
    number, other = next((n, kind) for n, kind in enumerate(rows, start=2) if kind != header)
    reason = f"x.csv: the record of line {number} ends with {other}, the header with {header}; "
    message = capsys.readouterr().err
    assert message.startswith(reason + "end all lines alike")
    assert "nothing was loaded" in message
    assert not raw_dir.exists()


def test_mixed_line_ends_are_refused_in_a_compressed_file(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress(lines("CRLF", "LF", "LF").encode())
    assert load(write(tmp_path / "x.csv.gz", packed)) == 1
    assert "line 2 ends with LF, the header with CRLF" in capsys.readouterr().err


def test_a_line_end_far_down_a_large_file_is_found(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{HEADER}\n" + f"{ROWS[0]}\n" * 300_000 + f"{ROWS[1]}\r\n{LAST}"
    assert load(write(tmp_path / "x.csv", text)) == 1
    assert "the record of line 300002 ends with CRLF, the header" in capsys.readouterr().err


@pytest.mark.parametrize("inside", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_line_break_inside_quotes_is_a_value(
    load: Loader, raw_dir: Path, tmp_path: Path, kind: str, inside: str
) -> None:
    value = f"first{KINDS[inside]}second"
    text = KINDS[kind].join([f"{HEADER},user_id", f'{ROWS[0]},"{value}"', f"{ROWS[1]},plain"])
    assert load(write(tmp_path / "x.csv", text)) == 0
    assert loaded(raw_dir, "user_id") == [(value,), ("plain",)]


def test_the_line_of_a_mix_counts_line_breaks_inside_quotes(
    load: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'{HEADER},user_id\n{ROWS[0]},"first\r\nsecond"\n{ROWS[1]},plain\r\n'
    assert load(write(tmp_path / "x.csv", text)) == 1
    assert "the record of line 4 ends with CRLF, the header with LF" in capsys.readouterr().err
