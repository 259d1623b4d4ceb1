"""Run a PostgreSQL of this machine for the tests: a cluster in a directory, on a socket in it."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.processes import die_with_the_tests

USERS = ("postgres", "nobody")  # who runs the server where root runs the tests: root may not
# Sorted as no id is, so that nothing rests on it.
CLUSTER = ["--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
CLUSTER += ["--locale-provider=icu", "--icu-locale=ja-JP", "--no-sync"]
SETTINGS = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "64MB"}
# Of a server that no test kills: nothing waits for the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SECONDS = 30.0  # to start or to stop


def programs() -> Path | None:
    """Return the directory of initdb and postgres, None where there is no PostgreSQL."""
    found = shutil.which("postgres")
    places = [] if found is None else [Path(found).resolve().parent]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in places if (one / "initdb").exists()), None)


def require() -> None:
    """Skip where there is no PostgreSQL; fail instead where REQUIRE_POSTGRES=1."""
    if programs() is None:
        missing = "no PostgreSQL on this machine (initdb and postgres)"
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(missing)
        pytest.skip(missing)


class PostgresServer:
    """A cluster of its own that can be stopped, killed and started again."""

    def __init__(self, *, durable: bool = True) -> None:
        """Start it; durable: as a site runs it, so that a test may kill it and look after."""
        found = programs()
        assert found is not None, "no PostgreSQL on this machine"
        self._programs = found
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._numbers = itertools.count(1)
        self._user = None
        # Short, and not pytest's own: a socket's path has 107 characters, and pytest's directory
        # is closed to the other user.
        self.directory = Path(tempfile.mkdtemp(prefix="pg-"))
        if os.geteuid() == 0:
            known = {entry.pw_name for entry in pwd.getpwall()}
            self._user = next(name for name in USERS if name in known)
            shutil.chown(self.directory, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", f"--pgdata={self.data}", *CLUSTER)
        self.start()

    @property
    def data(self) -> Path:
        """Return the directory of the cluster."""
        return self.directory / "data"

    @property
    def runs(self) -> bool:
        """Tell whether the server was started and not stopped since."""
        return self._process is not None

    def pids(self) -> list[int]:
        """Return the ids of the server's processes, the one that starts the others first."""
        assert self._process is not None, "not started"
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text("ascii")
        return [first, *map(int, children.split())]

    def url(self, database: str) -> str:
        """Return the URL of a database, as a site would write it."""
        return f"postgresql://tests@/{database}?host={self.directory}"

    def create(self, template: str = "template0") -> str:
        """Make a database that no test had before, a copy of the template; return its URL."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a database of its own, and drop it after, whoever still holds it."""
        url = self.create(template)
        yield url
        self.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [self._programs / "postgres", "-D", self.data, "-k", self.directory, *settings]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self.directory,
                preexec_fn=die_with_the_tests,
                **self._as_user(),
            )
        end = time.monotonic() + SECONDS
        while not self._answers():
            assert time.monotonic() < end, (self.directory / "log").read_text("utf-8")
            assert self._process.poll() is None, (self.directory / "log").read_text("utf-8")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all sessions, SIGQUIT is a crash, with recovery after."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stop the server and remove its files."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory)

    def run(self, statement: str) -> None:
        """Run a statement outside of any transaction, in the cluster's own database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self.directory,
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}
