from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from geo.server import front


def test_cookie_of_who_signed_in_has_the_name_that_streamlit_gives_it():
    assert f"{USER_COOKIE_NAME}=".encode() == front.SIGNED_IN_COOKIE
