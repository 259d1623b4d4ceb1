"""List every method with its plain-language summary, for the page 方法と出典.

Formula, shapes and source are read from the docstrings, parameters from the constants, so that
what the page says is what the code does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geo.data import inventory
from geo.imports.places import points
from geo.maps import catchment
from geo.methods import (
    access,
    analysis,
    arrays,
    basis,
    beyond,
    candidates,
    certificate,
    clusters,
    collaboration,
    completeness,
    convergence,
    coverage,
    desks,
    explain,
    joint,
    judged,
    layers,
    need,
    next_call,
    origin,
    scarcity,
    testimony,
    travel,
    unlisted,
    venues,
    what_if,
    within,
)
from geo.records import link_checks, quality


@dataclass(frozen=True)
class Method:
    """A method as a planner reads of it: title, summary, caveat, functions, constants."""

    title: str
    summary: str
    caveat: str
    functions: tuple[Callable[..., Any], ...]
    constants: tuple[str, ...] = ()


OF_RECORDS = (
    "SNAP_KM", "AGEING_YEARS", "OLD_YEARS", "LINK_TIMEOUT", "LINK_PAUSE", "LINK_REDIRECTS",
    "READ_SECONDS", "READ_MEMORY", "READ_CELLS", "UPLOADS_OF_SESSION", "UPLOADS_OF_ALL",
    "UPLOADED_FILES", "NAMES_ALIKE", "NAMES_NEAR", "PHONE_DIGITS", "LAYER_FEATURES",
    "LAYER_VERTICES",
)  # fmt: skip
METHODS = (
    Method(
        "移動時間",
        "隣り合う市町村の役場どうしを結び、その直線距離に迂回係数を掛けたものを道のりとみなします。"
        "どこへ行くにも陸を順にたどるので、内浦湾を横切ることはありません。離島は航路の"
        "乗船時間で結びます。実測の所要時間の表(travel.csv)をデータに置くと、推定の代わりに使います。",
        "峠や雪、待ち時間、便数は含みません。1つの市町村の中は直線距離に迂回係数を掛けます。",
        (
            travel.great_circle_km,
            travel.office_travel,
            travel.minutes_to_points,
            travel.measured_travel,
            arrays.travel_between_offices,
        ),
        ("DETOUR_FACTOR", "ROAD_SPEED", "WINTER_SPEED"),
    ),
    Method(
        "充足区分",
        "分野ごとに、地域内にあり・近隣にあり・遠隔のみ・空白・未確認の5つに分けます。"
        "空白は、調べたうえで何もないと分かった場合だけです。調べていない場合は未確認とし、"
        "同じ色にはしません。対象地域から外れる窓口は、近くにあっても数えません。",
        "台帳が完成していない分野の「地域内にあり」以外は暫定です。"
        "対象地域が読めていない窓口は、近隣の人も使えるものとして扱います。",
        (
            coverage.classify,
            arrays.build_arrays,
            arrays.service_area,
            inventory.surveyed,
            inventory.in_inventory,
            analysis.coverage_table,
        ),
        ("CATCHMENT_MINUTES", "CATCHMENT_CHOICES"),
    ),
    Method(
        "比べる範囲と、入る分野",
        "不足度は、比べる範囲(全道、1つの振興局、1つの二次医療圏、計画の地域)のすべての市町村を同じ"
        "分野で比べます。分野が入るのは、台帳が範囲のすべての市町村で完成しているときだけです。国や道が"
        "種類ごとに一覧を出す分野は、種類ごとに完成を数えます。一部の町の調査は、その町の充足区分と進み"
        "具合を変えますが、どの町の不足度も変えません。範囲の町がすべて答えると、その範囲で入ります。"
        "6割より多くの町が同じ足り具合の分野と、ほかの分野と同じ窓口の分野は、示しますが入れません。",
        "完成した一覧にない記録は、地図・カルテ・連携先に示し、不足度にも区分にも入れません。"
        "範囲の中の調査だけで完成した分野では、範囲の外の窓口を数えません。",
        (
            judged.judged_fields,
            judged.alike_share,
            within.ranges,
            within.range_of,
            within.towns_range,
            within.members,
            within.label,
            inventory.judges,
            inventory.asked,
            basis.basis,
            basis.states,
            basis.range_label,
            basis.alike_rule,
            basis.flag_words,
            basis.certified_table,
            basis.assumption_words,
        ),
        ("ALIKE_SHARE",),
    ),
    Method(
        "行きやすさ(E2SFCA)",
        "窓口の量を、到達圏の中の人数で割り(第1段階)、住民から見てそれを距離で割り引いて"
        "足し合わせます(第2段階)。範囲の平均を1.0として表します。窓口の量は、定員などが分かれば"
        "その値、行政の窓口は受け持つ人口に比例するものとし、それ以外は1か所を1とします。"
        "1つの分野に保健所と医師のような2つの層があるときは、層ごとに平均と比べてから平均します。"
        "医師などの公式統計は、名のない数として、役場の位置にあるものとして数えます。",
        "電話・オンラインは含みません(充足区分で「遠隔のみ」と示します)。"
        "職員数や開所日数の差は反映していません。",
        (
            access.gaussian_weight,
            access.step_weight,
            access.flat_weight,
            access.catchment_weights,
            access.e2sfca,
            access.two_step,
            access.three_step,
            access.relative_to_mean,
            access.mean_accessibility,
            access.supply_by_people,
            layers.layer_access,
            layers.only_inside,
        ),
    ),
    Method(
        "到達圏の面(重ね地図)",
        "T分以内に着ける所を、面で描きます。市町村の役場ごとに、そこまでの時間をTから引いた残りの分で"
        "進める直線距離を半径とする円を描き、その市町村と隣り合う市町村の中だけを残して、合わせます。"
        "位置の分かる窓口のまわりにも、その市町村の中で同じように描きます。時間は、最寄りまでの時間と"
        "同じ計算です。",
        "道路の形と、山や川は見ていません。境目はおよそです。役場から遠い集落では、市町村どうしの"
        "時間が示すより広く、または狭くなります。来所できない支援は面になりません。",
        (catchment.town_catchment, catchment.field_catchment, catchment.reached),
    ),
    Method(
        "不足度と資源少数区域",
        "層ごとの行きやすさを1.0で打ち切って平均したものが分野の「足り具合」、その重み付きの平均を"
        "100から引いたものが不足度です。範囲の上位3分の1を資源少数区域、下位3分の1を資源多数区域とします。",
        "範囲の中での相対的な位置です。ある町が改善すれば、ほかの町の区分が変わることもあります。",
        (
            layers.field_sufficiency,
            scarcity.sufficiency,
            scarcity.scarcity,
            scarcity.thirds,
            analysis.field_weights,
            analysis.flags_at,
            analysis.analyse,
            analysis.analyse_arrays,
            analysis.scarcity_table,
            analysis.small_towns,
        ),
        ("FLAG_SHARE", "SMALL_POPULATION"),
    ),
    Method(
        "頑健さ(すべての前提を同時に変える)",
        "重み、到達圏(30・60・90分)、平均速度、迂回係数、1組ごとの移動時間の誤差、距離による減り方、計算法"
        "(2段階・3段階)、窓口の大きさの数え方を、同時に引き直して不足度を計算します。10,000回のうち"
        "8割以上で資源少数区域なら「頑健」、2割以下なら「少数でない」、その間は「どちらとも言えない」です。"
        "順位の5〜95%の幅と、区分をいちばん動かす前提も示します。",
        "どの分野を判定に入れるかの不確かさは含みません。同じ種を使うので、何度でも同じ答えになります。",
        (
            joint.scenarios,
            joint.pair_errors,
            joint.trial_sufficiency,
            joint.mid_ranks,
            joint.joint_trials,
            joint.assumption_effects,
            scarcity.is_robust,
        ),
        (
            "ROBUST_SHARE",
            "PAIR_ERROR",
            "JOINT_SCENARIOS",
            "JOINT_WEIGHTINGS",
            "JOINT_SEED",
            "ROBUSTNESS_MINUTES",
            "SPEED_RANGE",
            "DETOUR_RANGE",
        ),
    ),
    Method(
        "支えの出どころ",
        "行きやすさは、市町村の中の窓口による分と、外の窓口による分の和です。中の分が半分以上なら自前型、"
        "半分に足りなければ近隣依存型です。区分は、必ずこの型と一緒に示します。",
        "窓口の位置で分けます。どこが費用を負担しているかは含みません。",
        (origin.origin, origin.suppliers, basis.level_sentence),
        ("OWN_SHARE",),
    ),
    Method(
        "到達圏の外",
        "行きやすさは到達圏の外ではどこも0です。外にいる人の割合と、平均で何分超えるかを分野と範囲ごとに"
        "示して、遠さの違いを見分けます。",
        "最も近い窓口までの時間です。窓口が混んでいるかは含みません。",
        (beyond.beyond, beyond.excess_minutes),
    ),
    Method(
        "区分の根拠書",
        "どの市町村にも、区分と試行での割合、順位の幅、決め手の前提、区分を変える最も少ない変化、支えの"
        "出どころ、何か所ぶんの窓口か、よりどころの記録(出典・日付・2年より古いか)を1枚にまとめます。",
        "区分を変える変化は、ほかの市町村が今のままとした場合です。",
        (
            certificate.certificate,
            certificate.flip,
            certificate.units,
            certificate.grounds,
        ),
    ),
    Method(
        "必要度",
        "計画する人が見方を選びます。高齢: 65歳以上の割合、65歳以上のうち一人暮らしの割合、人口減少の速さ。"
        "働く世代・若者: 完全失業率、65歳未満の一人暮らし世帯の割合。ひとり親・子ども: 人口あたりの離婚件数、"
        "15歳未満の割合。全体: 3つの平均。項目ごとの全道での順位(0〜100)を平均します。将来は、推計値を今の順位の中に置いて比べます。"
        "不足度とは混ぜません。どちらも上位3分の1の市町村を候補地域とします。",
        "孤独そのものを測ったものではありません。高齢のほかに将来の推計はなく、一人暮らしの割合も2020年のままです。"
        "孤独を感じる人の数は、全道一律の割合を人口に掛けた目安で、町による違いは表しません。",
        (
            need.need_parts,
            need.profile_parts,
            need.need,
            need.high_need,
            need.lonely_people,
        ),
        ("LONELY_SHARE",),
    ),
    Method(
        "照らし合わせ",
        "不足度を、この製品が選んでいない公式の数と順位でくらべます(スピアマンの順位相関)。会議での発言も、"
        "台帳が語れるものは答えと並べ、合わないものは合わないと示します。",
        "同じ向きを指すことは、正しいことの証明ではありません。数の少ない圏域どうしの比較です。",
        (
            convergence.checks,
            convergence.area_means,
            testimony.heard,
        ),
    ),
    Method(
        "アプローチ別の手薄さ",
        "内閣官房の3つのアプローチごとに、分野を問わず窓口があるかを同じ5つの区分で見ます。",
        "アプローチごとの完成した台帳はないため、見つからない場合はすべて未確認です。",
        (analysis.approach_coverage,),
    ),
    Method(
        "不足度の内訳",
        "不足度は、分野ごとの寄与の合計です。寄与は「その分野の重み × 平均に足りない割合」。"
        "足りない理由は、遠い・人口あたりが少ない・対象外を、同じ数字から言い分けます。"
        "どの分野が平均まで上がれば資源少数区域から外れるかも、同じ式から求めます。",
        "ほかの市町村は今のままとした場合です。",
        (
            explain.scarcity_parts,
            explain.lacks,
            explain.flag_change,
            explain.parts_sentence,
            explain.change_sentence,
        ),
    ),
    Method(
        "集まりと偏り",
        "不足度の高い市町村が、隣どうしで偶然の範囲を超えて固まっている所を探します。離島は最も近い"
        "役場とつなぎます。偏りは、行きやすさの平均のジニ係数と、タイル尺度を振興局の間と中に"
        "分けたもので表します。",
        "市町村を1つずつ同じ重さで数えます。集まりは原因を示すものではありません。",
        (
            clusters.neighbours,
            clusters.scarcity_clusters,
            clusters.local_moran,
            clusters.access_inequality,
            clusters.cluster_sentence,
            clusters.inequality_sentence,
        ),
        ("CLUSTER_ALPHA", "CLUSTER_PERMUTATIONS", "CLUSTER_SEED"),
    ),
    Method(
        "候補地域と掘り起こし対象",
        "必要度と不足度がどちらも上位3分の1の市町村を候補とし、頑健なものを先に並べます。"
        "必要度が高く、まだ調べていない分野がある市町村は、掘り起こし対象として分けて示します。",
        "判定できた分野だけによる候補です。順番は優先順位ではなく、話し合いの出発点です。",
        (
            candidates.candidates,
            candidates.to_dig,
            candidates.reason,
            candidates.need_sentence,
        ),
    ),
    Method(
        "連携ブロック",
        "隣り合う(離島は航路でつながる)2〜3市町村のうち、互いに到達圏の中にあり、合わせると"
        "使える分野が増える組を示します。今は対象地域の外にある窓口は「調整が要る」と数えます。",
        "知られている窓口だけを見ます。つながりの実際(職員どうしの行き来など)は含みません。",
        (
            collaboration.collaboration_blocks,
            collaboration.connected_sets,
            collaboration.adjacency,
            collaboration.sharing_neighbours,
            collaboration.shared_gaps,
            collaboration.sharing_text,
        ),
        ("BLOCK_SIZE",),
    ),
    Method(
        "会場の選び方",
        "決めた数の会場で最も多くの人(または市町村)がT分以内になる置き方と、全市町村が入る"
        "最少の数を、近似でなく最適解として求めます。すでに決まっている会場は固定できます。",
        "会場は役場の位置です。施設の広さ、空き、駐車場、冬の道は含みません。",
        (
            venues.choose_venues,
            venues.cover_all,
            venues.coverage_curve,
            venues.unreachable,
            venues.venues_for,
            venues.venue_table,
            venues.areas_of,
        ),
        ("VENUE_MOST",),
    ),
    Method(
        "もし…なら",
        "支援が対象地域を広げる・出張所を開く・オンラインを始める場合を、記録を変えずに計算します。"
        "全道平均と区分の境目は今のままとし、今ある窓口の量も変えません。出張所の量は平均的な"
        "1か所分です。",
        "対象地域を広げると同じ窓口を分け合うため、もとの地域の不足度が少し上がることがあります。",
        (
            what_if.after,
            what_if.difference,
            what_if.describe_change,
            what_if.codes_of,
            what_if.change_to_row,
            what_if.change_from_row,
            scarcity.held_thirds,
        ),
    ),
    Method(
        "まだ見つかっていない団体の推計",
        "2つ以上の一覧に同じ団体がどれだけ重なるかから、どの一覧にもない団体の数を見積もります。"
        "同じ市町村の同じ名称か、同じ電話番号を、同じ団体とみなします。",
        "一覧どうしに関わりがある(片方を見てもう片方を作った)と少なめに、載りやすさに差があると下限になります。"
        "重なりが少ないところは「推計できない」とし、0とは書きません。どこにいるかは分かりません。",
        (unlisted.estimate, unlisted.linked, unlisted.unlisted),
        ("UNLISTED_Z", "UNLISTED_OVERLAP"),
    ),
    Method(
        "次に確かめる一件",
        "1つの市町村に1つの分野を電話で確かめたとき、決まる充足区分の数の見込みが多い順に並べます。"
        "未確認は答えがどちらでも決まり、見つかれば近くの市町村の区分も変わります。",
        "見込みは順番を決めるためだけに使い、区分や区域には使いません。電話で聞けば分かるとみなしています。",
        (next_call.next_calls, next_call.gains, next_call.chances),
        ("CALL_ODDS", "CALL_MOST", "CALL_PLAN"),
    ),
    Method(
        "まず電話する窓口と公式統計",
        "市町村の中にあるか、25市町村以内を受け持つ窓口のうち、電話の分かるものを並べます。法律や道のページに"
        "よってどの市町村にもある窓口(制度上の窓口)は、団体とは別に示し、団体の数に入れません。"
        "公式統計は、人口千人あたりで全道と並べます。",
        "番号は出典の日付のものです。確度Cの記録は出しません。",
        (desks.desks, desks.desks_by_law, desks.statistics),
        ("NEAR_AREA",),
    ),
    Method(
        "記録の位置と新しさ",
        "取り込む記録は、書かれた座標が市町村と合うときだけ点で示し、合わなければ住所から位置を"
        "決め直します。確認日が古い記録には印を付け、ウェブのアドレスは、相手のサーバーの取り決め"
        "(robots.txt)に従い、間をあけて確かめます。出典の最新の一覧から消えた記録は「掲載なし」とし、"
        "消したり廃止とみなしたりしません。確度Cとして扱い、ふだんは数えません。",
        "表示できないアドレスが、団体がなくなったことを意味するわけではありません。",
        (
            points.locate,
            quality.ages,
            link_checks.check_all,
            completeness.board,
            completeness.layer_counts,
        ),
        OF_RECORDS,
    ),
)
