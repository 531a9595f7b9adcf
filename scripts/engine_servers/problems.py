"""What goes wrong with a server, said with its cause and its mend."""

from __future__ import annotations


class ServerProblem(Exception):
    """A server cannot be started, reached or used, and what to do about it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}: {mend}")
        self.what, self.mend = what, mend
