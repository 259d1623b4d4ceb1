import json
import os
import subprocess
import sys

import pytest

from geo.people.permissions import may_write_here
from geo.server import app
from tests import ROOT

# In a process of its own: settings are read but once.
READING = """
import json, os
import streamlit as st
from streamlit import config
from geo.server.app import prepare
if "FLAG" in os.environ:
    config.get_config_options(options_from_flags={"server.maxUploadSize": int(os.environ["FLAG"])})
prepare()
print(json.dumps({name: st.get_option(name) for name in os.environ["ASKED"].split()}))
"""


def settings(asked, **environment):
    own = {"ASKED": " ".join(asked), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", READING],
        cwd=ROOT,
        env=os.environ | own | environment,
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_settings_of_the_environment_are_taken_with_their_kind():
    expected = {
        "server.allowedHosts": ["a.example.jp", "b.example.jp"],
        "server.disconnectedSessionTTL": 120,
        "server.cookieSecret": "generated",
        "server.enableWebsocketCompression": True,
        "browser.serverAddress": "a.example.jp",
        "secrets.files": ["/generated/secrets.toml"],
    }
    found = settings(
        expected,
        STREAMLIT_SERVER_ALLOWED_HOSTS="a.example.jp b.example.jp",
        STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="120",
        STREAMLIT_SERVER_COOKIE_SECRET="generated",
        STREAMLIT_SERVER_ENABLE_WEBSOCKET_COMPRESSION="true",
        STREAMLIT_BROWSER_SERVER_ADDRESS="a.example.jp",
        STREAMLIT_SECRETS_FILES="/generated/secrets.toml",
    )
    assert found == expected


def test_settings_that_the_environment_leaves_out_are_those_of_the_file():
    expected = {"server.maxUploadSize": 100, "client.showErrorDetails": "none"}
    assert settings(expected) == expected
    empty = {"STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "", "STREAMLIT_SERVER_ALLOWED_HOSTS": ""}
    expected |= {"server.baseUrlPath": "", "server.allowedHosts": []}
    assert settings(expected, STREAMLIT_SERVER_BASE_URL_PATH="", **empty) == expected


def test_what_streamlit_has_read_from_its_own_command_line_stays():
    found = settings(["server.maxUploadSize"], FLAG="5", STREAMLIT_SERVER_MAX_UPLOAD_SIZE="7")
    assert found == {"server.maxUploadSize": 5}


@pytest.mark.parametrize("by_streamlit", [True, False])
@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "0.0.0.0", None])
def test_streamlit_run_lets_this_machines_user_write_as_make_run_does(
    monkeypatch, by_streamlit, address
):
    """Only where it listens on this machine alone; another server says itself who may write."""
    monkeypatch.setenv("SHIGEN_WRITE", "")  # so that it is as before afterwards
    monkeypatch.delenv("SHIGEN_WRITE")
    monkeypatch.setattr(app, "started_by_streamlit", lambda: by_streamlit)
    monkeypatch.setattr(app.config, "get_config_options", lambda **_: None)
    monkeypatch.setattr(app.st, "get_option", {"server.address": address}.get)
    monkeypatch.setattr(app.logs, "configure", lambda: None)
    app.prepare()
    assert may_write_here() == (by_streamlit and address in ("127.0.0.1", "localhost"))
