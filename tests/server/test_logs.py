import json
import os
import subprocess
import sys

import pytest

from tests import ROOT

PLANTED = {
    "password": "generated-password-7f3a",
    "address": "generated.person@example.invalid",
    "name": "生成花子",
    "phone": "0100-00-0000",
    "token": "eyJnZW5lcmF0ZWQiOiJ0b2tlbiJ9",
    "ip": "192.0.2.77",
    "query": "generated_query=1",
    "upload": "生成された取り込みの中身",
}
# Everything that can write a log line, each with something planted in it.
PLANTING = """
import asyncio, logging, os, sys, threading, warnings
planted = dict(pair.split("=", 1) for pair in os.environ["PLANTED"].split(chr(10)))
from streamlit import config
from streamlit.logger import get_logger
config.get_config_options(options_from_flags={"logger.messageFormat": "%(message)s"})
early = get_logger("streamlit.early")
from geo.server import logs
logs.configure()
ours = logging.getLogger("geo.somewhere")

ours.info("imported by %s: %d rows", planted["name"], 12, extra={"rows": 12, "by": planted["name"]})
def read():
    row = planted["upload"]
    try:
        raise ValueError(f"{planted['address']} in {row}")
    except ValueError as error:
        raise RuntimeError(planted["token"]) from error
try:
    read()
except RuntimeError as error:
    ours.exception("failed: %s", error)
    early.error(f"Uncaught app execution {planted['address']}", exc_info=error)
    get_logger("streamlit.late").exception("Failed %s", planted["phone"], stack_info=True)
    logging.getLogger("uvicorn.error").error("%s - %s", planted["ip"], planted["query"])
from geo.imports import seed
seed.open_store()
warnings.warn(planted["token"])
def fail():
    raise KeyError(planted["name"])
thread = threading.Thread(target=fail, name=planted["name"])
thread.start()
thread.join()
class Falling:
    def __del__(self):
        raise OSError(planted["ip"])
fallen = Falling()
del fallen
async def forgotten():
    asyncio.get_running_loop().call_exception_handler({"message": planted["query"]})
asyncio.run(forgotten())
read()
"""


def logged(**environment):
    """Return what a process wrote that met the planted texts in every way it could."""
    wrong_store = f"sqlite:////dev/null/{PLANTED['password']}/store.sqlite3"
    planted = "\n".join(f"{kind}={words}" for kind, words in PLANTED.items())
    own = {"DATABASE_URL": wrong_store, "PLANTED": planted, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PLANTING],
        env=os.environ | own | environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1  # the last error is not caught
    return (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def service_log():
    return logged(SHIGEN_LOG="json")


@pytest.mark.parametrize("kind", PLANTED)
def test_no_personal_data_and_no_secret_reaches_the_log_of_the_service(service_log, kind):
    words = PLANTED[kind]
    assert words not in service_log
    assert json.dumps(words).strip('"') not in service_log


def test_every_line_is_one_object_with_time_level_and_logger(service_log):
    lines = [json.loads(line) for line in service_log.splitlines()]
    assert all({"time", "level", "logger"} <= line.keys() for line in lines)
    assert {line["logger"] for line in lines} >= {
        "geo",
        "geo.somewhere",
        "geo.imports.seed",
        "streamlit.early",
        "streamlit.late",
        "uvicorn.error",
        "py.warnings",
        "asyncio",
    }


def test_what_an_operator_needs_is_there(service_log):
    lines = [json.loads(line) for line in service_log.splitlines()]
    ours = [line for line in lines if line["logger"] == "geo.somewhere"]
    assert ours[0]["event"] == "imported by …: 12 rows"
    assert ours[0]["rows"] == 12
    assert "by" not in ours[0]
    assert ours[1]["event"] == "failed: RuntimeError"
    assert [error["class"] for error in ours[1]["error"]] == [
        "builtins.RuntimeError",
        "builtins.ValueError",
    ]
    assert ours[1]["error"][0]["at"][-1].endswith(" read")
    assert [line["event"] for line in lines if line["logger"] == "geo"] == [
        "uncaught error in a thread",
        "uncaught error in a thread",
        "uncaught error",
    ]


def test_without_the_variable_the_logs_stay_as_a_person_reads_them():
    log = logged(SHIGEN_LOG="")
    assert "Traceback (most recent call last)" in log
    assert "Uncaught app execution" in log
