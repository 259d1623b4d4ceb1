import pytest

from geo.errors import DataError, NotAllowedError, UnknownCodeError
from geo.people import history, members
from geo.store import queries, tables
from geo.store.database import reading
from tests.generated import WRITER, member

ISSUER = "https://issuer.example"
TOWN = "012301"


def invite(engine, shipped, email, **values):
    standard = {"role": "municipal", "affiliation": "生成の課", "municipalities": [TOWN]}
    return members.set_member(engine, shipped, email, WRITER, **{**standard, **values})


def test_an_invited_member_is_bound_at_the_first_sign_in(engine, shipped):
    number = invite(engine, shipped, "Some.One@Example.jp")
    who = members.recognise(engine, ISSUER, "s1", "some.one@example.jp")
    assert (who.member, who.role, who.municipalities) == (number, "municipal", {TOWN})
    # The address may pass to somebody else: another account under it is nobody here.
    assert members.recognise(engine, ISSUER, "s2", "some.one@example.jp").role == "viewer"
    assert members.recognise(engine, "https://other.example", "s1", None).role == "viewer"
    assert members.recognise(engine, ISSUER, "s1", None).member == number


def test_an_address_that_nobody_verified_finds_no_invitation(engine, shipped):
    invite(engine, shipped, "a@example.jp")
    assert members.recognise(engine, ISSUER, "s1", None).role == "viewer"


def test_a_stopped_member_is_a_viewer(engine, shipped):
    invite(engine, shipped, "a@example.jp")
    members.recognise(engine, ISSUER, "s1", "a@example.jp")
    invite(engine, shipped, "a@example.jp", active=False)
    assert members.recognise(engine, ISSUER, "s1", "a@example.jp").role == "viewer"


def test_a_released_member_is_bound_anew(engine, shipped):
    number = invite(engine, shipped, "a@example.jp")
    members.recognise(engine, ISSUER, "old", "a@example.jp")
    members.release(engine, number, WRITER)
    assert members.recognise(engine, ISSUER, "new", "a@example.jp").member == number
    assert members.recognise(engine, ISSUER, "old", None).role == "viewer"


def test_a_member_is_bound_by_hand_where_no_address_is_verified(engine, shipped):
    number = invite(engine, shipped, "a@example.jp")
    members.bind(engine, number, ISSUER, "s9", WRITER)
    assert members.recognise(engine, ISSUER, "s9", None).member == number
    assert members.recognise(engine, ISSUER, "s8", "a@example.jp").role == "viewer"
    for step in (
        lambda: members.bind(engine, 99, ISSUER, "s9", WRITER),
        lambda: members.release(engine, 99, WRITER),
    ):
        with pytest.raises(UnknownCodeError):
            step()
    with pytest.raises(DataError):
        members.bind(engine, number, ISSUER, " ", WRITER)


@pytest.mark.parametrize(
    "values",
    [
        {"email": "nobody"},
        {"email": "a b@example.jp"},
        {"role": "visitor"},
        {"role": "owner"},
        {"affiliation": " "},
        {"municipalities": []},
        {"role": "prefectural"},
    ],
)
def test_a_member_that_does_not_fit_is_refused(engine, shipped, values):
    values = {"email": "a@example.jp", **values}
    with pytest.raises(DataError):
        invite(engine, shipped, **values)
    with pytest.raises(UnknownCodeError):
        invite(engine, shipped, "a@example.jp", municipalities=["999999"])


def test_the_last_administrator_cannot_be_taken_away_by_a_member(engine, shipped, monkeypatch):
    who = member(engine, shipped, "admin@example.jp", "administrator")
    monkeypatch.delenv("SHIGEN_WRITE")
    with pytest.raises(NotAllowedError, match="1人もいなくなります"):
        members.set_member(engine, shipped, "admin@example.jp", who, role="viewer", affiliation="")
    values = {"role": "administrator", "affiliation": "生成の課"}
    members.set_member(engine, shipped, "second@example.jp", who, **values)
    members.set_member(engine, shipped, "admin@example.jp", who, role="viewer", affiliation="")
    with pytest.raises(NotAllowedError):
        members.list_members(engine, who)


def test_who_changed_a_right_is_in_the_history_and_only_administrators_are_told(
    engine, shipped, monkeypatch
):
    admin = member(engine, shipped, "admin@example.jp", "administrator")
    editor = member(engine, shipped, "e@example.jp", "municipal", [TOWN])
    monkeypatch.delenv("SHIGEN_WRITE")
    with reading(engine) as connection:
        assert "member" in set(history.recent(connection, admin)["kind"])
        assert "member" not in set(history.recent(connection, editor)["kind"])
        titles = queries.rows(connection, tables.changes)["title"]
    assert not titles.str.contains("@").any()


def test_the_list_names_no_account(engine, shipped):
    member(engine, shipped, "admin@example.jp", "administrator")
    table = members.list_members(engine, WRITER)
    assert table["bound"].tolist() == [True]
    assert not {"subject", "issuer"} & set(table.columns)
