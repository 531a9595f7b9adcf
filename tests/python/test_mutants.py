"""The list of faults that `make mutants` puts into the project still fits it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import mutate
import pytest
from mutate import BadMutant, Mutant

MUTANTS = mutate.read_mutants()
AREAS = ("price join", "charges", "versions", "restatement", "test scope")
# A fault of the test scope lets a scheduled run test too little: other tests would not see it.
SCOPE_TESTS = {"test_scheduling.py", "test_charges_scope.py", "test_scheduled_build.py"}


def test_there_are_four_faults_or_more_of_each_area_under_names_of_their_own() -> None:
    counts = Counter(mutant.area for mutant in MUTANTS)
    assert counts.keys() == set(AREAS)
    assert min(counts.values()) >= 4
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_fits_its_file_and_its_tests_exist(mutant: Mutant, tmp_path: Path) -> None:
    copied = tmp_path / mutant.file
    copied.parent.mkdir(parents=True)
    copied.write_text((mutate.ROOT / mutant.file).read_text(encoding="utf-8"))
    mutant.apply(tmp_path)
    assert copied.read_text() != (mutate.ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.tests and mutant.why
    for test in mutant.tests:
        file, _, name = test.partition("::")
        text = (mutate.ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {re.escape(name)}\(", text, re.MULTILINE), test
        assert mutant.area != "test scope" or Path(file).name in SCOPE_TESTS


def test_a_text_that_is_there_twice_or_not_at_all_is_refused(tmp_path: Path) -> None:
    mutant = Mutant("m", "versions", "a.sql", "old", "new", "why", ("a test",))
    for text in ("", "old old"):
        (tmp_path / "a.sql").write_text(text)
        with pytest.raises(BadMutant, match="not once"):
            mutant.apply(tmp_path)


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("def test_a(): assert open('a.sql').read() == 'old'", "killed"),
        ("def test_a(): pass", "survived"),
        ("def test_a(): assert not 'Parser Error'", "invalid"),
        ("def test_b(): pass", "invalid"),
    ],
)
def test_a_fault_is_killed_by_a_test_that_fails(
    monkeypatch: pytest.MonkeyPatch, source: str, verdict: str
) -> None:
    """A test that is not found, or a statement that no engine runs, kills nothing."""

    def small_project(target: Path) -> None:
        target.mkdir()
        (target / "a.sql").write_text("old")
        (target / "test_it.py").write_text(source)

    monkeypatch.setattr(mutate, "copy_project", small_project)
    mutant = Mutant("m", "versions", "a.sql", "old", "new", "why", ("test_it.py::test_a",))
    assert mutate.run_tests(mutant)[0] == verdict


def test_a_name_that_the_list_lacks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutate.main(["--only", "no_such_fault"]) == 2
    assert "no_such_fault" in capsys.readouterr().err
