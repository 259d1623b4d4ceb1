"""Hold every method to its specification: small worlds worked by hand, read by people, run here."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from geo.data.vocabulary import CLASSES, FLAGS
from geo.methods.access import e2sfca, gaussian_weight, relative_to_mean
from geo.methods.beyond import beyond
from geo.methods.certificate import flip
from geo.methods.convergence import area_means
from geo.methods.coverage import CLASS_NAMES, classify
from geo.methods.joint import STANDINGS, Joint, mid_ranks
from geo.methods.judged import alike_share
from geo.methods.layers import Layer, field_sufficiency, layer_access
from geo.methods.need import _standing
from geo.methods.next_call import gains
from geo.methods.origin import ORIGINS, origin
from geo.methods.scarcity import FEW, FLAG_NAMES, scarcity, thirds
from geo.methods.travel import office_travel
from geo.methods.unlisted import estimate
from geo.methods.venues import choose_venues, cover_all
from geo.parameters import ALIKE_SHARE
from geo.ui.methods import METHODS
from tests.spec.reader import Specification, number, specifications

SPECIFICATIONS = {spec.path.stem: spec for spec in specifications()}


def layer(spec: Specification, supply, town, minutes, name="窓口", field=0):
    town = np.array(town)
    people = spec.numbers("町", "人口")
    return Layer(
        field=field,
        name=name,
        key=name,
        demand=people,
        supply=np.array(supply),
        minutes=minutes,
        fixed=np.zeros_like(minutes),
        eligible=np.ones(minutes.shape, dtype=bool),
        here=town == np.arange(len(people))[:, None],
        town=town,
        services=np.full(len(town), "", dtype=object),
    )


def world(access, compared, *, minutes=60.0, enough=None, entered=None):
    """Return what stands for an analysis of one judged field in a small world."""
    field = SimpleNamespace(field="one", state="entered", access=tuple(access), crosses=True)
    fields = np.array(["one"])
    dataset = SimpleNamespace(fields=SimpleNamespace(index=fields))
    return SimpleNamespace(
        dataset=dataset,
        judged=(field,),
        compared=compared,
        entered=np.ones((len(compared), 1), dtype=bool) if entered is None else entered,
        parameters=SimpleNamespace(weights=(), minutes=minutes),
        arrays=SimpleNamespace(fields=fields, codes=np.arange(len(compared))),
        enough=enough,
    )


def offices(spec: Specification):
    towns = spec.words("町", "町")
    place = [towns.index(town) for town in spec.words("窓口", "町")]
    return layer(spec, spec.numbers("窓口", "大きさ"), place, spec.matrix("移動時間"))


def travel(spec):
    towns = spec.words("町", "町")
    place = {name: i for i, name in enumerate(towns)}
    pairs = [
        (place[a], place[b])
        for a, b in zip(
            spec.words("境を接する組", "町"), spec.words("境を接する組", "隣の町"), strict=True
        )
    ]
    ferries = np.array(
        [
            (place[a], place[b], float(minutes))
            for a, b, minutes in spec.tables["航路"].itertuples(index=False)
        ]
    )
    found = office_travel(
        spec.numbers("町", "緯度"),
        spec.numbers("町", "経度"),
        np.array(pairs),
        ferries,
        detour=spec.settings["迂回係数"],
        speed=spec.settings["平均速度"],
    )
    rows = [
        (place[a], place[b])
        for a, b in zip(spec.expected["から"], spec.expected["まで"], strict=True)
    ]
    return {
        "分": [found.minutes[row] for row in rows],
        "km": [found.km[row] for row in rows],
    }


def coverage(spec):
    found = classify(
        spec.matrix("移動時間"),
        spec.marks("町の中にあるか"),
        spec.marks("行ってよいか"),
        spec.marks("電話などが届くか"),
        spec.marks("調べた町")[:, 0],
        spec.settings["到達圏"],
    )
    return {
        "区分": [CLASSES[name] for name in CLASS_NAMES[found.klass]],
        "最寄りまで": found.nearest,
        "町内の件数": found.count,
    }


def access(spec):
    people = spec.numbers("町", "人口")
    weight = gaussian_weight(spec.matrix("移動時間"), spec.settings["到達圏"])
    found = e2sfca(people, spec.numbers("窓口", "大きさ"), weight)
    return {"行きやすさ(平均=1)": relative_to_mean(found, people)}


def layers(spec):
    towns, minutes = spec.words("町", "町"), spec.matrix("移動時間")
    table = spec.tables["窓口"]
    parts = []
    for name in dict.fromkeys(table["層"]):
        rows = table[table["層"] == name]
        place = [towns.index(town) for town in rows["町"]]
        supply = [number(cell) for cell in rows["大きさ"]]
        one = layer(spec, supply, place, minutes[:, place], name)
        parts.append(layer_access(one, spec.settings["到達圏"], np.ones(len(towns), dtype=bool)))
    return {"足り具合": field_sufficiency(parts)}


def scores(spec):
    enough = spec.matrix("足り具合")
    found = scarcity(enough, np.ones(enough.shape, bool), spec.numbers("重み", "重み"))
    flags = [{**FLAGS, "middle": "中間"}[FLAG_NAMES[int(flag)]] for flag in thirds(found)]
    return {"不足度": found, "区分": flags}


def alike(spec):
    shares = [alike_share(column) for column in spec.matrix("足り具合").T]
    enters = ["○" if share <= float(ALIKE_SHARE) else "×" for share in shares]
    return {"同じ町の割合": shares, "入るか": enters}


def joint(spec):
    trials = spec.matrix("試行の不足度").T
    few = mid_ranks(trials) > trials.shape[1] * 2 / 3 + 1e-3
    assert (few == (thirds(trials.T).T == FEW)).all()
    share = few.mean(axis=0)
    blank = np.zeros(len(share))
    found = Joint(share, blank, blank, blank, blank, {}, len(trials))
    return {"該当した割合": share, "答え": [STANDINGS[key] for key in found.standing]}


def origins(spec):
    everyone = np.ones(len(spec.words("町", "町")), dtype=bool)
    part = layer_access(offices(spec), spec.settings["到達圏"], everyone)
    found = origin(world([part], everyone))
    return {"中の割合": found.share, "型": [ORIGINS[kind] for kind in found.kind]}


def far(spec):
    people = spec.numbers("町", "人口")
    minutes = spec.numbers("町", "最寄りまで")[:, None]
    everyone = np.ones(len(people), dtype=bool)
    part = layer_access(layer(spec, [1], [0], minutes), spec.settings["到達圏"], everyone)
    row = beyond(world([part], everyone, minutes=spec.settings["到達圏"])).iloc[0]
    return {
        "超える人": [row["people"]],
        "割合": [row["share"]],
        "平均で超える分": [row["minutes"]],
    }


def units(spec):
    everyone = np.ones(len(spec.words("町", "町")), dtype=bool)
    part = layer_access(offices(spec), spec.settings["到達圏"], everyone)
    assert part.units.sum() == pytest.approx(part.layer.supply.sum())
    return {"か所ぶん": part.units}


def parts(spec):
    enough = spec.matrix("足り具合")
    towns, names = spec.words("足り具合", "町"), list(spec.tables["足り具合"].columns[1:])
    entered = np.ones(enough.shape, dtype=bool)
    score = scarcity(enough, entered, np.ones(enough.shape[1]))
    analysis = SimpleNamespace(
        dataset=SimpleNamespace(
            municipalities=SimpleNamespace(index=_Index(towns)),
            fields=SimpleNamespace(index=names),
        ),
        parameters=SimpleNamespace(weights=()),
        arrays=SimpleNamespace(fields=np.array(names)),
        entered=entered,
        enough=enough,
        scarcity=score,
        flag=np.array([FLAG_NAMES[int(flag)] for flag in thirds(score)]),
    )
    found = [flip(analysis, town) for town in spec.expected["町"]]
    assert all(len(one.fields) == 1 for one in found)
    return {
        "直す分野": [one.fields[0] for one in found],
        "今の足り具合": [one.now[0] for one in found],
        "要る足り具合": [one.then[0] for one in found],
    }


class _Index(list):
    """Stands for a pandas index of towns."""

    def get_loc(self, key):
        return self.index(key)


def needs(spec):
    values = spec.matrix("町")
    standing = [_standing(column, column) for column in values.T]
    return {"必要度": np.mean(standing, axis=0)}


def venues(spec):
    towns = spec.words("町", "町")
    people, minutes = spec.numbers("町", "人口"), spec.matrix("移動時間")
    everyone, limit = np.arange(len(towns)), spec.settings["到達圏"]
    found = choose_venues(
        minutes, people, everyone, everyone, k=int(spec.settings["会場の数"]), limit=limit
    )
    fewest = cover_all(minutes, people, everyone, everyone, limit=limit)
    return {
        "会場": [towns[site] for site in found.sites],
        "入る人": [found.value],
        "全部が入る最少の数": [len(fewest.sites)],
    }


def converges(spec):
    frame = pd.DataFrame(
        {
            "area": spec.words("町", "圏域"),
            "people": spec.numbers("町", "人口"),
            "scarcity": spec.numbers("町", "不足度"),
            "count": spec.numbers("町", "医師数"),
        }
    )
    found = area_means(frame).loc[list(spec.expected["圏域"])]
    return {"不足度": found["scarcity"].tolist(), "千人あたり": found["rate"].tolist()}


def unseen(spec):
    counts = [spec.numbers("町", name).astype(int) for name in ("一覧1だけ", "一覧2だけ", "両方")]
    found = []
    for first, second, both in zip(*counts, strict=True):
        lists = np.array([[1, 0]] * first + [[0, 1]] * second + [[1, 1]] * both)
        found.append(estimate(lists))
    totals = [np.inf if np.isnan(one.total) else one.total for one in found]
    return {"載っている": [one.listed for one in found], "推計": totals}


def calls(spec):
    words = list(CLASSES.values())
    klass = np.array([[words.index(word)] for word in spec.words("町", "区分")])
    minutes = spec.matrix("移動時間")
    near = (minutes <= spec.settings["到達圏"]) & ~np.eye(len(minutes), dtype=bool)
    chance = np.full(klass.shape, spec.settings["見込み"])
    found = gains(klass, np.zeros(klass.shape, dtype=bool), near, chance)
    return {"決まる区分": found.ravel().tolist()}


RUN = {
    "01-travel": travel,
    "02-coverage": coverage,
    "03-access": access,
    "04-layers": layers,
    "05-scarcity": scores,
    "06-alike": alike,
    "07-joint": joint,
    "08-origin": origins,
    "09-beyond": far,
    "10-units": units,
    "11-parts": parts,
    "12-need": needs,
    "13-venues": venues,
    "14-convergence": converges,
    "15-unlisted": unseen,
    "16-next-call": calls,
}


@pytest.mark.parametrize("name", sorted(SPECIFICATIONS))
def test_method_gives_what_was_worked_by_hand(name):
    spec = SPECIFICATIONS[name]
    found = RUN[name](spec)
    asked = [
        column
        for column in spec.expected.columns
        if column not in ("町", "から", "まで", "分野", "圏域")
    ]
    assert sorted(found) == sorted(asked)
    for column, values in found.items():
        for cell, value in zip(spec.expected[column], values, strict=True):
            if isinstance(value, str):
                assert value == cell, column
            elif np.isinf(number(cell)):
                assert np.isinf(value), column
            else:
                assert value == pytest.approx(number(cell), abs=precision(cell)), column


def precision(cell: str) -> float:
    """Return half of the last digit that a cell shows."""
    digits = cell.rstrip("%").partition(".")[2]
    return 0.5 * 10.0 ** -len(digits) * (0.01 if cell.endswith("%") else 1) + 1e-9


def test_every_specification_runs_and_shows_its_arithmetic():
    assert sorted(RUN) == sorted(SPECIFICATIONS)
    for spec in SPECIFICATIONS.values():
        assert len(spec.arithmetic) > 40, spec.path
        assert spec.methods, spec.path


def test_every_function_that_a_specification_names_is_on_the_page():
    listed = {
        f"{function.__module__}.{function.__name__}"
        for method in METHODS
        for function in method.functions
    }
    for spec in SPECIFICATIONS.values():
        assert set(spec.methods) <= listed, spec.path


def test_every_number_of_the_tables_is_read_as_it_stands():
    assert number("1,000") == 1000
    assert number("40%") == 0.4
    assert np.isinf(number("—"))
