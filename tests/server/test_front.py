import pytest
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from geo.server import front


def test_cookie_of_who_signed_in_has_the_name_that_streamlit_gives_it():
    assert f"{USER_COOKIE_NAME}=".encode() == front.SIGNED_IN_COOKIE


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        (None, True),
        ("https://shigen.example.jp", True),
        ("https://evil.example", False),
        ("https://shigen.example.jp.evil.example", False),
        ("https://shigen.example.jp@evil.example", False),
        ("https://evil.example/shigen.example.jp", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_a_page_of_ours_opens_a_stream(origin, own):
    assert front.is_own_page(origin, "shigen.example.jp") is own
