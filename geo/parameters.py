"""Hold every threshold of the methods as a named constant with unit and source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_day = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")  # ISO, as exact as it is known


class Constant(float):
    """A number that carries its Japanese label, its unit, since when it holds, and its source.

    since: the day (or month, or year) of the source, or on which this project set the value.
    Raises ValueError for a blank, or a day that is none.
    """

    label: str
    unit: str
    since: str
    source: str

    @property
    def text(self) -> str:
        """The number with its unit, a share as a percentage."""
        return f"{float(self):.1%}" if self.unit == "割合" else f"{float(self):,.10g} {self.unit}"

    def __new__(cls, value: float, *, label: str, unit: str, since: str, source: str) -> Self:
        """Make the number with its label, unit, date and source."""
        self = super().__new__(cls, value)
        self.label, self.unit, self.since, self.source = _told(label, unit, since, source)
        return self


class Constants(tuple[float, ...]):
    """Several numbers of one kind, told of as a Constant is."""

    label: str
    unit: str
    since: str
    source: str

    @property
    def text(self) -> str:
        """The numbers with their unit."""
        return f"{'・'.join(f'{value:g}' for value in self)} {self.unit}"

    def __new__(
        cls, values: Iterable[float], *, label: str, unit: str, since: str, source: str
    ) -> Self:
        """Make the numbers with their label, unit, date and source."""
        self = super().__new__(cls, values)
        self.label, self.unit, self.since, self.source = _told(label, unit, since, source)
        return self


def _told(label: str, unit: str, since: str, source: str) -> tuple[str, str, str, str]:
    told = {"label": label, "unit": unit, "since": since, "source": source}
    blank = [name for name, words in told.items() if not words.strip()]
    if blank or not _day.fullmatch(since):
        msg = f"{label!r} needs a label, a unit, a date and a source: {told}"
        raise ValueError(msg)
    return label, unit, since, source


DETOUR_FACTOR = Constant(
    1.24,
    label="迂回係数",
    unit="倍",
    since="2026-11-24",
    source="よく知られた道路距離26区間に合わせた値(標準偏差0.12)。直線距離では1.39(0.35)",
)
ROAD_SPEED = Constant(
    60,
    label="平均速度",
    unit="km/h",
    since="2026-11-24",
    source="61病院までの時間をOpenStreetMapの経路と比べ、平均7分の差に収まる値",
)
WINTER_SPEED = Constant(
    45,
    label="冬期の平均速度",
    unit="km/h",
    since="2026-11-24",
    source="平均速度の4分の3と置いた仮定。観測値ではない",
)
CATCHMENT_MINUTES = Constant(
    60,
    label="到達圏 T",
    unit="分",
    since="2026-11-24",
    source="無医地区の「医療機関まで1時間超」にならった既定値。30〜120分で動かせる",
)
ROBUST_SHARE = Constant(
    0.8,
    label="頑健とみなす割合",
    unit="割合",
    since="2026-11-24",
    source="本製品の取り決め。すべての前提を同時に変えた試行のうち、資源少数区域に入った割合",
)
FLAG_SHARE = Constant(
    1 / 3,
    label="資源少数・多数区域の割合",
    unit="割合",
    since="2026-11-24",
    source="医師偏在指標の下位33.3%・上位33.3%(厚生労働省)にならう",
)
OWN_SHARE = Constant(
    0.5,
    label="自前型とみなす割合",
    unit="割合",
    since="2026-11-25",
    source="本製品の取り決め。届く支えの半分以上が市町村の中からなら自前型、ほかは近隣依存型",
)
SMALL_POPULATION = Constant(
    3000,
    label="小人口の注意",
    unit="人",
    since="2026-11-24",
    source="本製品の取り決め。これ未満の市町村の率には印を付ける",
)
NEAR_AREA = Constant(
    25,
    label="地元の窓口とみなす対象地域の広さ",
    unit="市町村",
    since="2026-11-25",
    source="本製品の取り決め。最も広い振興局(オホーツク18、十勝19、空知24市町村)の窓口までを含む",
)
LONELY_SHARE = Constant(
    0.075,
    label="孤独を感じる人の割合",
    unit="割合",
    since="2023-01",
    source="北海道 道民アンケート(2023年1月)「しばしばある・常にある」7.5%",
)
SNAP_KM = Constant(
    1.5,
    label="座標と市町村の境界のずれを認める距離",
    unit="km",
    since="2026-11-24",
    source="気象庁の境界と実際の地点の照合(0.18%が海か隣の市町村に落ちる)から置いた値",
)
AGEING_YEARS = Constant(
    1,
    label="確認日の注意",
    unit="年",
    since="2026-11-24",
    source="本製品の取り決め。確認日からこれより長くたった記録に印を付ける",
)
OLD_YEARS = Constant(
    2,
    label="確認日の警告",
    unit="年",
    since="2026-11-24",
    source="本製品の取り決め。確認日からこれより長くたった記録は、確かめ直す",
)
LINK_TIMEOUT = Constant(
    10,
    label="リンク確認で応答を待つ時間",
    unit="秒",
    since="2026-11-24",
    source="本製品の取り決め",
)
LINK_PAUSE = Constant(
    2,
    label="リンク確認で同じサーバーに次を尋ねるまでの間",
    unit="秒",
    since="2026-11-24",
    source="本製品の取り決め。相手の負担にならない間隔",
)
LINK_REDIRECTS = Constant(
    5,
    label="リンク確認でたどる転送",
    unit="回",
    since="2026-11-24",
    source="本製品の取り決め",
)
READ_SECONDS = Constant(
    60,
    label="ファイル一つを読む時間の上限",
    unit="秒",
    since="2026-11-25",
    source="本製品の取り決め。超えたら読むのをやめる",
)
READ_MEMORY = Constant(
    2,
    label="ファイル一つを読むメモリーの上限",
    unit="GiB",
    since="2026-11-25",
    source="本製品の取り決め。超えたら読むのをやめる",
)
READ_CELLS = Constant(
    15_000_000,
    label="ファイル一つのセルの数の上限",
    unit="個",
    since="2026-11-25",
    source="本製品の取り決め。30万行 × 50列",
)
LAYER_FEATURES = Constant(
    20_000,
    label="重ねる層一つの形の数の上限",
    unit="件",
    since="2026-11-25",
    source="本製品の取り決め。これより多いと、画面で見分けられず、読むのにも数十秒かかる",
)
LAYER_VERTICES = Constant(
    1_000_000,
    label="重ねる層一つの線と面の角の数の上限",
    unit="個",
    since="2026-11-25",
    source="本製品の取り決め。画面では2万個まで間引いて描き、選ぶときは元の形を使う",
)
CLUSTER_ALPHA = Constant(
    0.05,
    label="集まりとみなす水準",
    unit="割合",
    since="2026-11-24",
    source="偽発見率(FDR)の慣例の値",
)
CLUSTER_PERMUTATIONS = Constant(
    9999,
    label="集まりの検定の並べ替え回数",
    unit="回",
    since="2026-11-24",
    source="本製品の取り決め。179市町村の偽発見率を見分けられる回数",
)
BLOCK_SIZE = Constant(
    3,
    label="連携ブロックの大きさの上限",
    unit="市町村",
    since="2026-11-24",
    source="本製品の取り決め。一度の会議で話がまとまる数",
)
VENUE_MOST = Constant(
    20,
    label="会場の数の上限(曲線)",
    unit="か所",
    since="2026-11-24",
    source="本製品の取り決め",
)
ROBUSTNESS_MINUTES = Constants(
    (30.0, 60.0, 90.0),
    label="頑健さを試す到達圏",
    unit="分",
    since="2026-11-24",
    source="本製品の取り決め。既定値と、その半分と1.5倍",
)
CLUSTER_SEED = Constant(
    20231026,
    label="集まりの検定の乱数の種",
    unit="番",
    since="2026-11-24",
    source="本製品の取り決め。何度計算しても同じ並べ替えになるように固定する",
)
CATCHMENT_CHOICES = Constants(
    (30, 45, 60, 90, 120),
    label="到達圏の選択肢",
    unit="分",
    since="2026-11-24",
    source="本製品の取り決め",
)
PAIR_ERROR = Constant(
    0.12,
    label="移動時間の誤差(対数正規)",
    unit="割合",
    since="2026-11-25",
    source="道路距離26区間での迂回係数のばらつき(標準偏差0.12、値の約1割)から置いた値",
)
JOINT_SCENARIOS = Constant(
    500,
    label="移動と供給の前提の組",
    unit="組",
    since="2026-11-25",
    source="本製品の取り決め。ラテン超方格で引く",
)
JOINT_WEIGHTINGS = Constant(
    20,
    label="1組の前提ごとの重みの試行",
    unit="回",
    since="2026-11-25",
    source="本製品の取り決め。500組 × 20回 = 10,000回。ディリクレ分布(全分野の母数1)から引く",
)
JOINT_SEED = Constant(
    20231026,
    label="前提の試行の乱数の種",
    unit="番",
    since="2026-11-25",
    source="本製品の取り決め。何度計算しても同じ試行になるように固定する",
)
SPEED_RANGE = Constants(
    (45.0, 75.0),
    label="試す平均速度の幅",
    unit="km/h",
    since="2026-11-25",
    source="本製品の取り決め。冬期の速度と、ふだんの速度からそれと同じだけ速い値",
)
DETOUR_RANGE = Constants(
    (1.12, 1.36),
    label="試す迂回係数の幅",
    unit="倍",
    since="2026-11-25",
    source="迂回係数1.24から、道路距離26区間の標準偏差0.12だけ上下した値",
)
ALIKE_SHARE = Constant(
    0.6,
    label="差がつかないとみなす割合",
    unit="割合",
    since="2026-11-25",
    source="本製品の取り決め。比べる範囲でこれより多くの市町村が同じ足り具合の分野は、判定に入れない",
)


NAMES_ALIKE = Constant(
    0.6,
    label="電話番号が同じとき、同じ団体とみる名称の似かた",
    unit="共通する文字の割合",
    since="2026-11-25",
    source="本製品の取り決め。役場の代表電話のように、1つの番号に多くの窓口があるため、番号だけでは決めない",
)
NAMES_NEAR = Constant(
    0.8,
    label="同じ団体かを人にたずねる名称の似かた",
    unit="共通する文字の割合",
    since="2026-11-25",
    source="本製品の取り決め。これより似ていれば、電話番号がなくても、決めずにたずねる",
)
PHONE_DIGITS = Constant(
    9,
    label="団体を見分けるのに使う電話番号の桁",
    unit="桁以上",
    since="2026-11-25",
    source="本製品の取り決め。市外局番のない番号や3桁の番号では見分けない",
)
UPLOADS_OF_SESSION = Constant(
    300_000_000,
    label="一つの画面がサーバーに置けるファイルの合計",
    unit="バイト",
    since="2026-11-25",
    source="本製品の取り決め。読める最大のファイル3つぶん",
)
UPLOADS_OF_ALL = Constant(
    1_000_000_000,
    label="一つのサーバーに置けるファイルの合計",
    unit="バイト",
    since="2026-11-25",
    source="本製品の取り決め。届いている途中のものも数える",
)
UPLOADED_FILES = Constant(
    1_000,
    label="一つの画面がサーバーに置けるファイルの数",
    unit="件",
    since="2026-11-25",
    source="本製品の取り決め。調査回の回答は179件",
)
UNLISTED_Z = Constant(
    1.645,
    label="まだ見つかっていない団体の区間の幅",
    unit="標準偏差",
    since="2026-11-25",
    source="標準正規分布の両側90%",
)
UNLISTED_OVERLAP = Constant(
    3,
    label="推計に要る、2つ以上の一覧に載る団体",
    unit="件",
    since="2026-11-25",
    source="本製品の取り決め。これより少ない重なりでは「推計できない」とする",
)
CALL_ODDS = Constant(
    1,
    label="いる団体が一覧に載っていないオッズ",
    unit="倍",
    since="2026-11-25",
    source="本製品の取り決め。一覧に載るのは半分とみる。順番だけに使い、区分には使わない",
)
CALL_MOST = Constant(
    0.95,
    label="台帳にない団体がいる見込みの上限",
    unit="割合",
    since="2026-11-25",
    source="本製品の取り決め。どの町も、聞くまでは必ずいるとはみない",
)
CALL_PLAN = Constant(
    2,
    label="次の確認で、計画の対象地域を重くみる倍率",
    unit="倍",
    since="2026-11-25",
    source="本製品の取り決め",
)


def _constants(names: dict[str, object]) -> dict[str, Constant | Constants]:
    """Return the constants of a module; raise TypeError for one that says nothing of itself."""
    found = {name: value for name, value in names.items() if name.isupper()}
    told = {key: one for key, one in found.items() if isinstance(one, Constant | Constants)}
    bare = [key for key in found if key not in told]
    if bare:
        msg = f"without unit, date and source: {'、'.join(bare)}"
        raise TypeError(msg)
    return told


CONSTANTS = _constants(dict(globals()))


@dataclass(frozen=True)
class Parameters:
    """Settings a planner can move; hashable, so that a result can be cached by it.

    minutes: catchment T in minutes. speed: road speed in km/h. detour: road km per
    great-circle km. weights: (field, weight) pairs, empty for equal weights. partial: whether
    fields whose inventory is incomplete enter the scarcity. confidence: grades that count.
    within: the range compared (geo.methods.within), "" for all of Hokkaido. need: a profile of
    geo.methods.need.
    """

    minutes: float = float(CATCHMENT_MINUTES)
    speed: float = float(ROAD_SPEED)
    detour: float = float(DETOUR_FACTOR)
    weights: tuple[tuple[str, float], ...] = ()
    partial: bool = False
    confidence: tuple[str, ...] = ("A", "B")
    within: str = ""
    need: str = "elderly"

    def __post_init__(self) -> None:
        for name in ("minutes", "speed", "detour"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be above 0, got {getattr(self, name)!r}"
                raise ValueError(msg)
        if any(weight < 0 for _, weight in self.weights):
            msg = "weights must not be negative"
            raise ValueError(msg)


def describe(chosen: Parameters) -> str:
    """Return the parameters in one Japanese line."""
    parts = [
        f"到達圏{chosen.minutes:g}分",
        f"平均速度{chosen.speed:g}km/h",
        f"迂回係数{chosen.detour:g}",
        f"確度{'・'.join(chosen.confidence)}",
        "未完成の分野を含む(暫定)" if chosen.partial else "台帳が完成した分野のみ",
    ]
    if chosen.weights:
        parts.append("重みを変更")
    return "、".join(parts)
