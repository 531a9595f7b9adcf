"""Builds of one project copy without tests, again and again, which may be killed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support.forked_dbt import Command
from support.kill_switch import Stop
from support.project import MODELS_ONLY, PRICES, Project


class DbtProcess:
    """Builds one project copy; `vars` are of every run, beside those of the copy itself.

    Seeds and price tables come from the template while no seed of the copy differs.
    """

    def __init__(self, project: Project, vars: Mapping[str, Any] | None = None) -> None:
        self.project = project
        self.vars = vars or {}
        self._command: Command | None = None
        if project.templates:
            # With all that dbt made for it, every fork is quicker.
            project.templates.priced()

    def build(self, *arguments: str) -> None:
        """Run `dbt build` without tests; fail with what dbt printed."""
        code, printed = self.run(*arguments)
        assert code == 0, f"dbt build ended with {code}\n{printed}"

    def run(self, *arguments: str, model: str = "", when: str = "") -> tuple[int, str]:
        """Run `dbt build` without tests; return its exit code and what it printed.

        With `model` the run ends with SIGKILL: `when` says where, as `Stop` does.
        """
        self.start(*arguments, stop=Stop(model, when) if model else None)
        return self.finish()

    def start(self, *arguments: str, stop: Stop | None = None) -> None:
        """Begin what `run` does; `finish` waits for it."""
        command = ["--quiet", "build", *MODELS_ONLY, *arguments]
        if self.project.has_prices():
            command += ["--exclude", *PRICES]
        self._command = self.project.start_dbt(*command, vars=self.vars, stop=stop)

    def wait_for(self, pause: Path) -> None:
        """Wait until the run has come to its pause; fail where it ended before."""
        assert self._command
        while not pause.exists():
            if self._command.has_ended(0.1):
                code, printed = self.finish()
                raise AssertionError(f"the run ended with {code} before its pause\n{printed}")

    def finish(self) -> tuple[int, str]:
        """Wait for the run; return its exit code, negative for a signal, and what it printed."""
        assert self._command
        done: CompletedProcess[str] = self._command.finish()
        return done.returncode, "\n".join((done.stdout or done.stderr).splitlines()[-100:])
