from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.oidc_provider import Person, oidc_provider
from tests.service.signing_in import SCRIPT, Deployment, deployed, sign_in_by_form

PERSON = Person("u-1", "generated@example.jp")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with oidc_provider() as provider, deployed(provider, SCRIPT, folder) as found:
        yield found


@pytest.fixture
def page(browser: Browser, deployment: Deployment) -> Iterator[Page]:
    context = browser.new_context(locale="ja-JP")
    opened = context.new_page()
    opened.goto(deployment.address)
    yield opened
    context.close()


def test_a_person_signs_in_comes_back_later_and_signs_out(page, deployment):
    page.get_by_role("button", name="サインイン").click()
    sign_in_by_form(page, PERSON)
    expect(page.get_by_text("u-1 generated@example.jp")).to_be_visible()
    assert page.url == f"{deployment.address}/"
    assert "_streamlit_user" not in page.evaluate("document.cookie")

    later = page.context.new_page()
    later.goto(deployment.address)
    expect(later.get_by_text("u-1 generated@example.jp")).to_be_visible()

    later.get_by_role("button", name="サインアウト").click()
    expect(later.get_by_text("サインインしていません")).to_be_visible()
    page.reload()
    expect(page.get_by_text("サインインしていません")).to_be_visible()


def test_a_forged_token_brings_the_person_back_signed_out(page, deployment):
    deployment.provider.fault = "key of another, our key's name"
    page.get_by_role("button", name="サインイン").click()
    sign_in_by_form(page, PERSON)
    expect(page.get_by_role("button", name="サインイン")).to_be_visible()
    expect(page.get_by_text("サインインできませんでした")).to_be_visible()
    assert "_streamlit_user" not in {kept["name"] for kept in page.context.cookies()}
