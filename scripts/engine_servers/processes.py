"""Ports, and processes told apart by what they run, so that no stranger is ever ended."""

from __future__ import annotations

import socket
import subprocess

from engine_servers.problems import ServerProblem

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def check_port(port: int) -> None:
    """Raise ServerProblem where a server cannot listen on this port of 127.0.0.1."""
    mend = "name another one with --port, or leave --port out for a free one"
    if not 1024 <= port <= 65535:
        raise ServerProblem(f"port {port} is not between 1024 and 65535", mend)
    with socket.socket() as probe:
        # As servers do: a connection that was closed a moment ago does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerProblem(f"port {port} of {HOST} is in use ({error.strerror})", mend) from error


def command_of(pid: int) -> str:
    """Return the command line of a process, empty where it has ended."""
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip()
