import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.people import sign_in
from geo.people.sign_in import (
    LEEWAY_SECONDS,
    LONGEST_SUBJECT,
    SIGN_IN_HOURS,
    ForeignSignInError,
    Identity,
    IncompleteSignInError,
    Provider,
    SignInError,
    SignInInFutureError,
    SignInSettingsError,
    SignInTooOldError,
)

NOW = 1_800_000_000
HOUR = 3600
PROVIDER = Provider("https://login.example.jp", "shigen-map")
CLAIMS = {
    "is_logged_in": True,
    "iss": "https://login.example.jp",
    "aud": "shigen-map",
    "sub": "u-1",
    "iat": NOW - HOUR,
    "email": "Generated@Example.jp",
    "email_verified": True,
    "name": "生成  太郎",
}
AUTH = {
    "client_id": "shigen-map",
    "client_secret": "generated",
    "server_metadata_url": "https://login.example.jp/.well-known/openid-configuration",
    "redirect_uri": "https://map.example.jp/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
}


def identity(**changed):
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    return sign_in.identity(claims, PROVIDER, NOW)


def test_a_sign_in_of_today_names_the_account_and_its_verified_address():
    assert identity() == Identity(
        "https://login.example.jp", "u-1", "generated@example.jp", "生成 太郎"
    )


def test_without_a_sign_in_or_its_settings_everyone_is_a_visitor():
    assert sign_in.identity({}, PROVIDER, NOW) is None
    assert identity(is_logged_in=False) is None
    assert identity(is_logged_in="true") is None
    assert sign_in.identity(CLAIMS, None, NOW) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example.jp"},
        {"iss": "https://login.example.jp.other.example"},
        {"iss": "http://login.example.jp"},
        {"iss": None},
        {"iss": ["https://login.example.jp"]},
        {"aud": "other-client"},
        {"aud": "shigen-map-2"},
        {"aud": None},
        {"aud": ["other-client"]},
        {"aud": {"shigen-map": 1}},
        {"aud": "other-client", "azp": "shigen-map"},
        {"aud": ["shigen-map", "other-client"], "azp": "other-client"},
    ],
)
def test_a_sign_in_elsewhere_is_foreign(changed):
    with pytest.raises(ForeignSignInError, match="このサービスのためのものではありません"):
        identity(**changed)


def test_an_issuer_may_end_in_a_slash_and_an_audience_may_be_one_of_several():
    assert identity(iss="https://login.example.jp/").subject == "u-1"
    assert identity(aud=["shigen-map", "other-client"], azp="shigen-map").subject == "u-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "u" * (LONGEST_SUBJECT + 1)},
        {"iat": None},
        {"iat": str(NOW)},
        {"iat": True},
    ],
)
def test_a_sign_in_that_does_not_tell_who_or_when_is_refused(changed):
    with pytest.raises(IncompleteSignInError, match=next(iter(changed))):
        identity(**changed)


def test_a_sign_in_is_given_up_after_a_working_day():
    assert identity(iat=NOW - SIGN_IN_HOURS * HOUR) is not None
    with pytest.raises(SignInTooOldError, match="12時間を過ぎました"):
        identity(iat=NOW - SIGN_IN_HOURS * HOUR - 1)
    with pytest.raises(SignInTooOldError):
        identity(iat=float("nan"))


def test_the_end_of_the_token_and_an_old_password_do_not_end_the_day():
    assert identity(exp=NOW - HOUR, auth_time=NOW - 100 * HOUR) is not None


def test_a_clock_that_jumps_ahead_signs_out_and_a_clock_set_right_signs_in_again():
    ahead = NOW + (SIGN_IN_HOURS + 1) * HOUR
    with pytest.raises(SignInTooOldError):
        sign_in.identity(CLAIMS, PROVIDER, ahead)
    assert sign_in.identity(CLAIMS, PROVIDER, NOW) is not None


def test_a_clock_that_jumps_back_refuses_who_signed_in_later_than_it_shows():
    signed_in = CLAIMS["iat"]
    assert sign_in.identity(CLAIMS, PROVIDER, signed_in - LEEWAY_SECONDS) is not None
    with pytest.raises(SignInInFutureError, match="時計"):
        sign_in.identity(CLAIMS, PROVIDER, signed_in - LEEWAY_SECONDS - 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email": None},
        {"email": ["generated@example.jp"]},
        {"email": "generated"},
        {"email": "\N{KELVIN SIGN}ushiro@example.jp"},
    ],
)
def test_an_address_that_is_not_verified_finds_no_invitation(changed):
    found = identity(**changed)
    assert found.email is None
    assert found.subject == "u-1"


def test_a_name_from_outside_is_one_short_line_of_text():
    assert identity(name="a\n" * 500).name == ("a " * 50)[: sign_in.LONGEST_NAME]
    assert identity(name=None).name == ""
    assert identity(name={"first": "a"}).name == ""


texts = st.text("a@.\N{KELVIN SIGN}", max_size=4)
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(texts)


@given(st.dictionaries(st.sampled_from([*CLAIMS, "azp", "exp", "nonce"]), values))
def test_whatever_the_claims_hold_the_answer_is_an_identity_of_ours_or_a_named_refusal(changed):
    claims = CLAIMS | changed
    try:
        found = sign_in.identity(claims, PROVIDER, NOW)
    except SignInError:
        return
    if found is not None:
        assert (found.issuer.removesuffix("/"), found.subject) == (PROVIDER.issuer, claims["sub"])
        assert found.email is None or claims["email_verified"] is True


def test_the_settings_name_the_issuer_and_the_client():
    assert sign_in.provider(AUTH) == PROVIDER
    assert sign_in.provider({}) is None


@pytest.mark.parametrize("name", AUTH)
def test_a_setting_that_is_missing_is_named(name):
    with pytest.raises(SignInSettingsError, match=name):
        sign_in.provider(AUTH | {name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cookie_secret", "short"),
        ("server_metadata_url", "http://login.example.jp/.well-known/openid-configuration"),
        ("server_metadata_url", "https://login.example.jp/configuration"),
        ("redirect_uri", "http://map.example.jp/oauth2callback"),
        ("redirect_uri", "https://map.example.jp/"),
        ("redirect_uri", "http://localhost.example.jp/oauth2callback"),
    ],
)
def test_a_setting_that_is_not_safe_is_refused(name, value):
    with pytest.raises(SignInSettingsError, match=name):
        sign_in.provider(AUTH | {name: value})


def test_on_this_machine_the_addresses_need_no_tls():
    found = sign_in.provider(
        AUTH
        | {
            "server_metadata_url": "http://127.0.0.1:9000/.well-known/openid-configuration",
            "redirect_uri": "http://localhost:8501/oauth2callback",
        }
    )
    assert found == Provider("http://127.0.0.1:9000", "shigen-map")
