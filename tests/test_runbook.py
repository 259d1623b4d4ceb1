import argparse
import base64
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit
import uvicorn
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from streamlit import config

from benchmarks.start import FLAGS
from docs.run_runbook import blocks
from geo import metrics
from geo.commands.main import parser
from geo.imports import seed
from geo.server import health
from geo.store import migrate
from tests import ROOT

DEPLOY = ROOT / "deploy"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
UNIT = (DEPLOY / "shigen@.service").read_text(encoding="utf-8")
TARGET = (DEPLOY / "shigen.target").read_text(encoding="utf-8")
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
SETTINGS = (DEPLOY / "shigen.env.example").read_text(encoding="utf-8")
READ_BY_OTHERS = {"MPLCONFIGDIR", "POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"}
READ_BY_OTHERS |= {"POSTGRES_INITDB_ARGS"}


def commands():
    """Return (command, options) of every use of the app's command in the runbook."""
    top = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    used = re.findall(
        r"(?:^|[;(`]|\$\()\s*(?:DATABASE_URL=\S+ )?shigen ([a-z][^`\n]*)", RUNBOOK, re.M
    )
    outside_text = re.sub(r"^```text\n.*?^```$", "", RUNBOOK, flags=re.M | re.S)
    for line in used:
        if line in outside_text:
            words = re.split(r"[|;`)]", line)[0]
            yield top.choices, shlex.split(words.replace("$", ""))


def test_every_command_of_the_runbook_is_one_of_the_app():
    found = list(commands())
    assert {words[0] for _, words in found} >= {"store", "migrate", "move-store", "members", "undo"}
    for choices, words in found:
        assert words[0] in choices
        command = choices[words[0]]
        for part in command._actions:
            if isinstance(part, argparse._SubParsersAction):
                command = part.choices[words[1]]
        known = {option for a in command._actions for option in a.option_strings}
        assert {word for word in words if word.startswith("--")} <= known


def test_every_block_is_run_and_nothing_else_looks_like_one():
    fences = re.findall(r"^```(\w+)$", RUNBOOK, re.M)
    assert set(fences) <= {"bash", "text"}
    assert len(blocks(RUNBOOK)) == fences.count("bash") > 15
    for block in blocks(RUNBOOK):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


@pytest.mark.slow
def test_the_move_from_a_file_begins_with_a_backup_that_can_be_taken(own_store, tmp_path):
    (block,) = (block for block in blocks(RUNBOOK) if "move-store" in block)
    lines = [line for line in block.splitlines() if "BACKUP" in line]
    assert "--backup" in lines[-1]
    assert block.index(lines[-1]) < block.index("move-store")
    seed.open_store()
    command = "\n".join(lines).replace("shigen store", f"'{sys.executable}' -m geo store", 1)
    subprocess.run(
        ["bash", "-euc", command.replace("/var/lib/shigen", str(tmp_path))],
        env=os.environ | {"SQLITE": str(own_store)},
        cwd=ROOT,
        check=True,
    )
    assert len(list(tmp_path.glob("before-*.sqlite3"))) == 1


@pytest.mark.slow
def test_the_rollback_asks_the_old_code_and_no_store_how_far_back():
    (block,) = (block for block in blocks(RUNBOOK) if block.startswith("back="))
    asks = block[: block.index("systemctl")].replace('"/opt/shigen/$PREVIOUS"', f"'{ROOT}'")
    told = subprocess.run(
        ["bash", "-euc", f"{asks}\nprintf '%s' \"$back\""],
        env=os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == migrate.known()[-1]


@pytest.mark.parametrize(
    "name", ["docs/runbook.md", *(f"deploy/{p.name}" for p in DEPLOY.iterdir() if p.is_file())]
)
def test_every_file_that_is_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"deploy/(shigen\.env|compose\.env|secrets\.toml)\b(?!\.)", "", text)
    named = set(re.findall(r"\b(?:deploy|docs|requirements)[-/][\w@./-]*\w", text))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_file_of_deploy_is_used():
    others = RUNBOOK + COMPOSE + NGINX + (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [path.name for path in DEPLOY.iterdir() if path.stem not in others] == []


@pytest.mark.parametrize(
    "text", [SETTINGS, COMPOSE, UNIT, RUNBOOK], ids=["env", "compose", "unit", "book"]
)
def test_every_variable_is_read_by_the_app_or_its_server(text):
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "geo").rglob("*.py"))
    options = {option.env_var for option in config.get_config_options().values()}
    options |= {f"UVICORN_{parameter.name.upper()}" for parameter in uvicorn.main.params}
    names = set(
        re.findall(
            r"\b(?:SHIGEN|STREAMLIT|UVICORN|POSTGRES)_[A-Z_]+|DATABASE_URL|MPLCONFIGDIR", text
        )
    )
    for name in names - READ_BY_OTHERS:
        assert name in options or f'"{name}"' in source, name


def test_a_served_process_never_takes_the_world_for_its_own_user():
    assert re.search(r"^SHIGEN_WRITE=0$", SETTINGS, re.M)
    assert re.search(r"^SHIGEN_LOG=json$", SETTINGS, re.M)
    assert re.search(r"^SHIGEN_HOSTS='shigen\.example\.jp'$", SETTINGS, re.M)
    assert "--host 127.0.0.1" in UNIT


@pytest.mark.parametrize("name", ["Makefile", "deploy/shigen@.service", "deploy/Dockerfile"])
def test_the_app_is_served_everywhere_as_in_the_tests(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    words = re.sub(r'[\\\[\],"\']', " ", text).split()
    served = words[words.index("uvicorn") :]
    assert served[1] == "app:app"
    assert " ".join(FLAGS) in " ".join(served)


def test_proxy_units_and_containers_agree_on_the_processes():
    ports = re.findall(r"server 127\.0\.0\.1:(\d+) ", NGINX)
    assert len(set(ports)) >= 2
    assert re.findall(r"shigen@(\d+)\.service", TARGET) == ports
    assert re.findall(r'UVICORN_PORT: "(\d+)"', COMPOSE) == ports
    for port in ports:
        assert f"s/127.0.0.1:{port}/app-{port}:{port}/" in COMPOSE
        assert f"http://127.0.0.1:{port}/health/ready" in RUNBOOK


def test_what_containers_change_in_the_site_file_is_there():
    for changed in re.findall(r"-e 's[/,]([^/,]+)[/,]", COMPOSE):
        assert changed in NGINX


def test_the_proxy_takes_what_the_app_takes():
    with (ROOT / ".streamlit" / "config.toml").open("rb") as file:
        limit = tomllib.load(file)["server"]["maxUploadSize"]
    assert f"client_max_body_size {limit + 1}m;" in NGINX


def test_the_hash_in_the_policy_is_that_of_streamlits_own_page():
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.S)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in inline]
    assert re.findall(r"'sha256-([^']+)'", NGINX) == hashes


def test_every_reason_of_not_being_ready_is_explained():
    reasons = {health.WARMING_UP, health.DATA_UNREADABLE, health.STORE_UNREACHABLE}
    reasons |= {health.STORE_REPLACED, health.SCHEMA_DIFFERS, health.STORE_SLOW}
    assert [reason for reason in reasons if f"`{reason}`" not in RUNBOOK] == []


def test_every_figure_to_watch_exists():
    with metrics.page_run(""):
        pass
    families = text_string_to_metric_families(generate_latest().decode())
    known = {
        name for family in families for name in (family.name, *(s.name for s in family.samples))
    }
    watched = set(re.findall(r"`((?:shigen|process)_[a-z_]+)", RUNBOOK.split("## 8.")[1]))
    assert len(watched) >= 6
    assert watched <= known


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_understands_the_units(tmp_path):
    names = ["shigen@8501.service", "shigen-backup.service", "shigen-backup.timer", "shigen.target"]
    for name in names:
        shutil.copy(DEPLOY / name.replace("8501", ""), tmp_path / name)
    verified = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / name for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.stderr + verified.stdout == ""
