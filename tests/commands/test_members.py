import io

import pandas as pd

from geo.commands.main import EXIT_BAD_INPUT, main


def run(capsys, *arguments):
    status = main(["members", *arguments])
    return status, capsys.readouterr()


def test_the_first_administrator_is_made_by_command(engine, capsys):
    status, said = run(
        capsys,
        "set",
        "Admin@example.jp",
        "--role",
        "administrator",
        "--affiliation",
        "生成の課",
    )
    assert (status, said.out) == (0, "会員1を登録しました\n")
    assert (
        run(
            capsys,
            *("set", "town@example.jp", "--role", "municipal", "--affiliation", "町"),
            *("--municipality", "012301", "012050", "--reviewed"),
        )[0]
        == 0
    )
    table = pd.read_csv(io.StringIO(run(capsys, "list")[1].out))
    assert table["email"].tolist() == ["admin@example.jp", "town@example.jp"]
    assert table["municipalities"].tolist()[1] == "012301;012050"
    assert table["reviewed"].tolist() == [False, True]
    assert run(capsys, "release", "2")[0] == 0
    bound = run(capsys, "bind", "2", "--issuer", "https://issuer.example", "--subject", "s2")
    assert bound[0] == 0
    assert run(capsys, "release", "9")[0] == EXIT_BAD_INPUT


def test_what_does_not_fit_is_said_and_changes_nothing(engine, capsys, monkeypatch):
    status, said = run(capsys, "set", "x@example.jp", "--role", "municipal", "--affiliation", "町")
    assert status == EXIT_BAD_INPUT
    assert "市町村" in said.err
    monkeypatch.setenv("SHIGEN_WRITE", "0")
    status, _ = run(capsys, "set", "x@example.jp", "--role", "viewer")
    assert status == EXIT_BAD_INPUT
    monkeypatch.setenv("SHIGEN_WRITE", "1")
    assert run(capsys, "list")[1].out.count("\n") == 1
