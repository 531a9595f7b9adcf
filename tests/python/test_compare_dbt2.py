"""What dbt 2 is given to open DuckDB, and what is refused; `make dbt2` builds and compares."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import compare_dbt2
import pytest
from compare_dbt2 import BadSurroundings, driver_settings


@pytest.mark.skipif(sys.platform != "linux", reason="dbt 2 is compared on Linux alone")
def test_the_driver_is_the_library_of_this_environment(tmp_path: Path) -> None:
    settings = driver_settings(tmp_path / "driver")
    described = tomllib.loads((tmp_path / "driver" / "duckdb.toml").read_text())
    (library,) = described["Driver"]["shared"].values()
    assert Path(library).is_file() and Path(library).name.startswith("_duckdb")
    assert settings["ADBC_DRIVER_PATH"] == str(tmp_path / "driver")
    assert Path(settings["LD_PRELOAD"]).is_file()


def test_another_system_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(BadSurroundings, match="Linux"):
        driver_settings(tmp_path)


def test_a_python_without_a_shared_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"INSTSONAME": "libpython3.11.a", "LIBDIR": "nowhere"}
    monkeypatch.setattr(compare_dbt2.sysconfig, "get_config_var", values.get)
    with pytest.raises(BadSurroundings, match="no shared library"):
        compare_dbt2.python_library()


def test_without_dbt_2_nothing_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_dbt2.py", "--dbt2", "nowhere/dbt"])
    assert compare_dbt2.main() == 2
    assert "make dbt2" in capsys.readouterr().err
