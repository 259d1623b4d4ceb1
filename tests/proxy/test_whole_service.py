"""Two processes behind nginx on PostgreSQL with sign-in: from the first administrator to an edit."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import ROOT
from tests.oidc_provider import CLIENT, Person, oidc_provider
from tests.postgres_server import PostgresServer
from tests.service.signing_in import sign_in_by_form
from tests.shipped_service import Service, prepared, served

pytestmark = pytest.mark.serial

SECONDS = 5  # within which every process shows what another wrote
SECRETS = """[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "{secret}"
client_id = "{client}"
client_secret = "{client_secret}"
server_metadata_url = "{metadata}"
"""


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[Service]:
    running = prepared(tmp_path_factory.mktemp("whole"))
    secrets = running.folder / "secrets.toml"
    running.environment = {
        "DATABASE_URL": postgres.create(),
        "STREAMLIT_SECRETS_FILES": str(secrets),
    }
    with oidc_provider() as provider:
        provider.redirect_uris.add(f"{running.address}/oauth2callback")
        secrets.write_text(
            SECRETS.format(
                address=running.address,
                secret="0123456789abcdef" * 4,
                client=CLIENT,
                client_secret=provider.client_secret,
                metadata=provider.metadata_url,
            )
        )
        with served(running):
            yield running


@pytest.fixture
def open_page(service: Service, browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def opened(path: str = "", who: str = "") -> Page:
        context = browser.new_context(locale="ja-JP", viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{service.address}/{path}")
        if who:
            page.get_by_role("button", name="サインイン").click()
            sign_in_by_form(page, Person(f"sub-{who}", f"{who}@example.jp"))
            page.wait_for_selector(".source", timeout=30_000)
            page.goto(f"{service.address}/{path}")
        page.wait_for_selector(".source", timeout=30_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def test_from_the_first_administrator_to_an_edit_that_every_process_shows(service, open_page):
    command = [sys.executable, "-m", "geo", "members", "set", "admin@example.jp"]
    command += ["--role", "administrator", "--affiliation", "生成の課(道)"]
    subprocess.run(
        command, cwd=ROOT, env=os.environ | service.environment | {"SHIGEN_WRITE": "1"}, check=True
    )

    admin = open_page("members", who="admin")
    admin.get_by_label("メールアドレス").last.fill("town@example.jp")
    admin.get_by_label("所属").fill("生成の課(町)")
    admin.get_by_label("編集できる市町村").click()
    admin.keyboard.type("登別市")
    admin.get_by_role("option", name="登別市").click()
    admin.keyboard.press("Escape")
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_text("2人が登録されています")).to_be_visible()

    viewers = []
    for _ in range(20):
        viewers.append(open_page())
        counts = service.sessions()
        if min(counts) > 0 and len(viewers) > 2:
            break
    assert min(service.sessions()) > 0
    before = viewers[0].locator(".source").inner_text()

    town = open_page("editing?town=012301", who="town")
    town.get_by_role("button", name="新しい団体を登録").click()
    town.get_by_label("名称").fill("生成の居場所")
    town.get_by_role("button", name="台帳に反映する").click()
    expect(town.get_by_text("団体を登録しました")).to_be_visible()
    for viewer in viewers:
        expect(viewer.locator(".source")).not_to_have_text(before, timeout=SECONDS * 1000)

    town.goto(f"{service.address}/editing?town=012025")
    town.wait_for_selector(".source", timeout=30_000)
    expect(town.get_by_role("combobox", name="市町村")).to_have_value("登別市")


def test_logs_and_the_proxy_name_nobody(service):
    logged = "".join(path.read_text() for path in service.folder.glob("*.log"))
    assert logged
    for secret in ("@example.jp", "生成の課", "sub-", "code=", "client_secret", "0123456789abcdef"):
        assert secret not in logged
