"""Serve one app with sign-in for all tests of this folder, and sign people in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.oidc_provider import Person, Provider, oidc_provider
from tests.service import signing_in
from tests.service.signing_in import SCRIPT, Deployment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.service)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with oidc_provider() as provider, signing_in.deployed(provider, SCRIPT, folder) as deployed:
        yield deployed


@pytest.fixture
def provider(deployment: Deployment) -> Iterator[Provider]:
    """Return the deployment's provider, which is honest again after the test."""
    yield deployment.provider
    deployment.provider.fault = None
    deployment.provider.algorithms = ["RS256"]


@pytest.fixture
def new_browser() -> Iterator[Callable[[], httpx.Client]]:
    """Return a function that gives an HTTP client with no cookies yet."""
    clients = []

    def new_client() -> httpx.Client:
        clients.append(httpx.Client())
        return clients[-1]

    yield new_client
    for client in clients:
        client.close()


@pytest.fixture
def signed_in(
    deployment: Deployment, provider: Provider, new_browser: Callable[[], httpx.Client]
) -> Callable[..., httpx.Client]:
    """Return a function that signs a person in, and gives the client with the cookies."""

    def sign_in(person: Person, fault: str | None = None) -> httpx.Client:
        client = new_browser()
        provider.fault = fault
        signing_in.sign_in(deployment, client, person)
        return client

    return sign_in
