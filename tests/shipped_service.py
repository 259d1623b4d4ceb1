"""Run the service as it is shipped: two processes of the app behind the real nginx."""

import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests import ROOT
from tests.processes import APP, die_with_the_tests, free_ports, start, stop, wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SHIPPED = ROOT / "deploy" / "nginx.conf"
MAIN = """
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/main-error.log;
daemon off;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/shigen.conf;
}}
"""


@dataclass
class Service:
    """What runs: the proxy's address, the processes' ports, and where all of them log."""

    folder: Path
    ports: list[int]
    inner: int
    outer: int
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[int, subprocess.Popen] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.outer}"

    def render(self) -> str:
        """Return the shipped site file with the ports and folders of this test."""
        text = SHIPPED.read_text(encoding="utf-8")
        for shipped, here in {
            "127.0.0.1:8501": f"127.0.0.1:{self.ports[0]}",
            "127.0.0.1:8502": f"127.0.0.1:{self.ports[1]}",
            "127.0.0.1:8080": f"127.0.0.1:{self.outer}",
            "127.0.0.1:8081": f"127.0.0.1:{self.inner}",
            "/var/log/nginx": str(self.folder),
            "/var/cache/shigen": str(self.folder / "cache"),
            "/opt/shigen/current": str(ROOT),
        }.items():
            assert shipped in text
            text = text.replace(shipped, here)
        return text

    def start(self, port: int, **environment: str) -> None:
        """Start one process of the app, and wait until it is ready.

        environment: variables of this process alone, beside those of the service.
        """
        own = {
            "DATABASE_URL": f"sqlite:///{self.folder / 'store.sqlite3'}",
            "SHIGEN_WRITE": "0",
            "SHIGEN_LOG": "json",
            "STREAMLIT_LOGGER_MESSAGE_FORMAT": "%(message)s",
            "STREAMLIT_SERVER_COOKIE_SECRET": "generated secret of this test",
        }
        own |= self.environment | environment
        log = self.folder / f"app-{port}.log"
        self.processes[port] = start(APP, port, log, asked="/health/ready", **own)

    def kill(self, port: int) -> None:
        """End one process as a machine that dies would."""
        self.processes[port].send_signal(signal.SIGKILL)
        self.processes[port].wait(timeout=20)

    def figure(self, port: int, name: str) -> float:
        """Return a figure of one process, asked at its own port."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return sum(s.value for family in families for s in family.samples if s.name == name)

    def sessions(self) -> list[float]:
        return [self.figure(port, "shigen_sessions") for port in self.ports]


def prepared(folder: Path, **environment: str) -> Service:
    """Return a service with its files in a folder, on free ports, that does not run yet.

    environment: variables of its processes.
    """
    *ports, inner, outer = free_ports(4)
    return Service(folder, ports, inner, outer, environment)


@contextmanager
def served(running: Service) -> Iterator[Service]:
    """Run a service: its processes, and nginx before them."""
    folder = running.folder
    user = "root" if os.geteuid() == 0 else "nobody"
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    (folder / "shigen.conf").write_text(running.render(), encoding="utf-8")
    proxy = None
    try:
        for port in running.ports:
            running.start(port)
        proxy = subprocess.Popen(
            [NGINX, "-c", folder / "nginx.conf", "-e", "stderr"], preexec_fn=die_with_the_tests
        )
        wait_for(f"{running.address}/_stcore/health")
        yield running
    finally:
        stop(*running.processes.values(), *([proxy] if proxy else []))
