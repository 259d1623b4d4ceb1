"""The real app with a real sign-in: what each role sees, and tries, in a browser."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from geo.data.dataset import DATA_DIRECTORY, load
from geo.imports import importing, seed
from geo.people import members
from geo.people.permissions import Person as Member
from geo.records import contacts, drafts, editing
from geo.records.contacts import Contact
from geo.store import database, queries, tables
from geo.store.database import reading
from tests import ROOT
from tests.generated import SHELTER, WRITER, incoming, office
from tests.oidc_provider import Person, oidc_provider
from tests.service.signing_in import Deployment, deployed, sign_in_by_form

APP = ROOT / "app.py"
TOWN, OTHER = "012301", "012050"
SECRETS = ("生成の担当者", SHELTER["address"], "42.411", "生成の隠れ家の新しい番号")


@contextmanager
def writing_here() -> Iterator[None]:
    os.environ["SHIGEN_WRITE"] = "1"
    yield
    del os.environ["SHIGEN_WRITE"]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("roles")
    engine = database.engine(f"sqlite:///{folder / 'store.sqlite3'}")
    with writing_here():
        data = load()
        seed.prepare(engine, DATA_DIRECTORY)
        offices = [
            office("mine", name="生成の会", municipality_code=TOWN),
            office("other", name="生成の隣の会", municipality_code=OTHER),
            office("home", name="生成の家", municipality_code=OTHER, **SHELTER),
        ]
        importing.apply(engine, [incoming(offices)], data, WRITER)
        contacts.set_contact(engine, "other", Contact("生成の担当者"), WRITER)
        roles = {
            "town": ("municipal", [TOWN]),
            "pref": ("prefectural", []),
            "admin": ("administrator", []),
        }
        for name, (role, codes) in roles.items():
            members.set_member(
                engine,
                data,
                f"{name}@example.jp",
                WRITER,
                role=role,
                affiliation=f"生成の課({name})",
                municipalities=codes,
                reviewed=name == "town",
            )
    with oidc_provider() as provider, deployed(provider, APP, folder) as found:
        yield found


@pytest.fixture
def engine(deployment: Deployment):
    return database.engine(f"sqlite:///{deployment.secrets_file.parent / 'store.sqlite3'}")


@pytest.fixture
def sign_in(browser: Browser, deployment: Deployment) -> Iterator[Callable[[str], Page]]:
    """Return a function that signs somebody in, and gives the first page."""
    contexts = []

    def signed(name: str) -> Page:
        context = browser.new_context(locale="ja-JP", viewport={"width": 1440, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{deployment.address}/editing")
        page.get_by_role("button", name="サインイン").click()
        sign_in_by_form(page, Person(f"sub-{name}", f"{name}@example.jp"))
        page.wait_for_selector(".source", timeout=30_000)
        return page

    yield signed
    for context in contexts:
        context.close()


def go(page: Page, deployment: Deployment, path: str) -> None:
    page.goto(f"{deployment.address}/{path}")
    page.wait_for_selector(".source", timeout=30_000)


def held(engine, record: str):
    with reading(engine) as connection:
        return queries.rows(connection, tables.organisations).loc[record]


def test_a_municipal_editor_sends_an_edit_and_the_prefecture_accepts_it(
    deployment, sign_in, engine
):
    page = sign_in("town")
    go(page, deployment, f"editing?town={TOWN}&record=mine")
    page.get_by_role("button", name="この団体を編集").click()
    page.get_by_label("電話番号").fill("0143-11-1111")
    expect(page.get_by_text("下書きは自動で保存しています")).to_be_visible()
    page.get_by_role("button", name="道の審査に出す").click()
    expect(page.get_by_text("道の審査に出しました")).to_be_visible()
    assert held(engine, "mine")["phone"] == ""

    reviewer = sign_in("pref")
    go(reviewer, deployment, "editing?view=review")
    expect(reviewer.get_by_text("生成の課(town)")).to_be_visible()
    reviewer.get_by_role("button", name="受け入れる").click()
    expect(reviewer.get_by_text("受け入れました")).to_be_visible()
    assert held(engine, "mine")["phone"] == "0143-11-1111"
    with reading(engine) as connection:
        last = queries.rows(connection, tables.changes).iloc[-1]
    assert (last["by_whom"], last["member"] != last["reviewed_by"]) == ("生成の課(town)", True)


def test_a_municipal_editor_finds_no_way_to_another_towns_records(deployment, sign_in, engine):
    with writing_here():
        edit = editing.open_edit(engine, "organisations", "home", WRITER)
        cells = edit.cells | {"phone": "生成の隠れ家の新しい番号"}
        with reading(engine) as connection:
            reviewer = connection.scalar(
                select(tables.members.c.id).where(tables.members.c.email == "pref@example.jp")
            )
        who = Member(reviewer, "", "prefectural")
        draft = drafts.start(engine, editing.Edit(edit.kind, edit.record, 1, edit.base, cells), who)
    page = sign_in("town")
    for path in (
        f"editing?town={OTHER}",
        f"editing?town={OTHER}&record=home",
        "editing?record=other",
        "editing?view=review",
        f"editing?draft={draft.id}",
        "editing?draft=forged",
        "directory?id=home",
        "members",
        "imports",
        "status",
    ):
        go(page, deployment, path)
        shown = page.content()
        for secret in SECRETS:
            assert secret not in shown, (path, secret)
        assert "生成の隣の会" not in shown or not path.startswith("editing")
    expect(page.get_by_role("button", name="受け入れる")).to_have_count(0)


def test_who_is_not_registered_reads_and_tries_in_a_sandbox_only(deployment, sign_in, engine):
    page = sign_in("stranger")
    go(page, deployment, "editing")
    expect(page.get_by_text("権限がありません")).to_be_visible()
    page.get_by_role("button", name="試し書きを始める").click()
    expect(page.get_by_text("試し書き中")).to_be_visible()
    page.get_by_role("button", name="新しい団体を登録").click()
    page.get_by_label("名称").fill("生成の試し")
    page.get_by_role("button", name="台帳に反映する").click()
    expect(page.get_by_text("団体を登録しました")).to_be_visible()
    with reading(engine) as connection:
        names = queries.rows(connection, tables.organisations)["name"]
    assert "生成の試し" not in set(names)


def test_the_administrator_changes_a_role_and_it_counts_at_once(deployment, sign_in, engine):
    town = sign_in("town")
    go(town, deployment, f"editing?town={TOWN}&record=mine")
    admin = sign_in("admin")
    go(admin, deployment, "members")
    expect(admin.get_by_role("button", name="保存")).to_be_visible()
    with writing_here():
        values = {"role": "municipal", "affiliation": "生成の課(town)", "municipalities": [TOWN]}
        members.set_member(
            engine, load(), "town@example.jp", WRITER, **values, reviewed=True, active=False
        )
    town.get_by_role("button", name="この団体を編集").click()
    expect(town.get_by_text("権限がありません").first).to_be_visible()
    with writing_here():
        members.set_member(engine, load(), "town@example.jp", WRITER, **values, reviewed=True)
