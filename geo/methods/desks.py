"""Say whom a municipality calls: its own desks, its office, the desks that the law gives it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from geo.data.dataset import Dataset, position_of
from geo.data.memory import kept
from geo.data.schema import WIDE_AREAS
from geo.parameters import NEAR_AREA

PER_THOUSAND = "per_thousand "  # before the name of a place
COLUMNS = [
    "name",
    "fields",
    "phone",
    "hours",
    "municipality",
    "address",
    "url",
    "source",
    "source_date",
    "confidence",
    "organisation",
]


def desks(dataset: Dataset, code: str) -> pd.DataFrame:
    """Return whom a municipality can call, its nearest responsibility first.

    The organisations that stand in it, or are responsible for at most NEAR_AREA municipalities with
    it among them, that have a telephone; then the municipal office. Confidence C is left out.
    Columns: name, fields (names, joined), phone, hours, municipality (where it stands), address, url,
    source, source_date, confidence, organisation (id, "" for the office).
    Raises UnknownCodeError for an unknown code.
    """
    position_of(dataset, code)
    services, names = dataset.services, dataset.fields["name"]
    offices, width = _with_offices(dataset)
    here = (offices["municipality_code"] == code) & offices["location_public"]
    meant = services["service_area"].map(lambda area: code in area)
    near = meant & (width > 0) & (width <= int(NEAR_AREA))
    excluded = (width > 0) & ~meant  # an office for other towns that stands here
    wanted = (near | (here & ~excluded)) & (offices["phone"] != "")
    wanted &= (services["confidence"] != "C") & services["listed"]
    found = services[wanted].assign(width=width[wanted], inside=here[wanted])
    rows = []
    for organisation, group in found.groupby("organisation", sort=False):
        office = dataset.organisations.loc[organisation]
        town = office["municipality_code"]
        rows.append(
            {
                "name": office["name"],
                "fields": "、".join(dict.fromkeys(names[group["field"]])),
                "phone": office["phone"],
                "hours": office["hours"],
                "municipality": dataset.municipalities["name"].get(town, ""),
                "address": office["address"],
                "url": office["url"],
                "source": office["source"],
                "source_date": office["source_date"],
                "confidence": office["confidence"],
                "organisation": organisation,
                "_order": (not group["inside"].any(), group["width"].max(), office["name"]),
            }
        )
    rows.sort(key=lambda row: row["_order"])
    office = dataset.municipal_offices.loc[code]
    if office["phone"]:
        rows.append(
            {
                "name": f"{office['name']}(代表)",
                "fields": "福祉の担当課へ",
                "phone": office["phone"],
                "hours": "",
                "municipality": dataset.municipalities.at[code, "name"],
                "address": office["address"],
                "url": office["url"],
                "source": office["phone_source"],
                "source_date": office["phone_date"],
                "confidence": "B",
                "organisation": "",
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


@kept(1)
def _with_offices(dataset: Dataset) -> tuple[pd.DataFrame, pd.Series]:
    """Return the organisation of every service, and for how many municipalities it is, 0 for all."""
    services = dataset.services
    offices = dataset.organisations.loc[services["organisation"]].set_index(services.index)
    width = services["service_area"].map(
        lambda area: 0 if not area or set(area) & set(WIDE_AREAS) else len(area)
    )
    return offices, width


def desks_by_law(dataset: Dataset, code: str) -> pd.DataFrame:
    """Return the desks that the law gives every municipality (制度上の窓口), which nobody read.

    A desk whose layer has a record that stands in the municipality is left out: that one was read.
    Columns: name, field (name), law, source, source_date.
    Raises UnknownCodeError for an unknown code.
    """
    position_of(dataset, code)
    inside = dataset.organisations["municipality_code"] == code
    read = set(dataset.organisations.loc[inside, "layer"])
    table = dataset.desks_by_law[~dataset.desks_by_law["layer"].isin(read)]
    return pd.DataFrame(
        {
            "name": table["name"],
            "field": table["field"].map(dataset.fields["name"]),
            "law": table["law"],
            "source": table["source"],
            "source_date": table["source_date"],
        }
    ).reset_index(drop=True)


def statistics(dataset: Dataset, code: str, beside: Sequence[str] = ()) -> pd.DataFrame:
    """Return the official counts of a municipality beside those it is compared with.

    beside: codes of towns to compare with, after its 振興局 and Hokkaido.
    Columns: column, label, year, unit, value, then one for each place, the town first: PER_THOUSAND
    and its name (per 1,000 of 2020's people); caveat, source.
    Raises UnknownCodeError for an unknown code.
    Source: 総務省統計局「統計でみる市区町村のすがた」.
    """
    position_of(dataset, code)
    towns = dataset.municipalities
    area = towns.at[code, "subprefecture"]
    places = {
        towns.at[code, "name"]: [code],
        f"{area}(振興局)": towns.index[towns["subprefecture"] == area].tolist(),
        "北海道": towns.index.tolist(),
    } | {towns.at[one, "name"]: [one] for one in beside if one != code}
    people = towns["population_2020"]
    items, counts = dataset.statistics_items, dataset.statistics[dataset.statistics_items.index]
    return pd.DataFrame(
        {
            "label": items["label"],
            "year": items["year"],
            "unit": items["unit"],
            "value": counts.loc[code],
            **{
                f"{PER_THOUSAND}{name}": counts.loc[codes].sum() / people[codes].sum() * 1000
                for name, codes in places.items()
            },
            "caveat": items["caveat"],
            "source": items["source"],
        }
    ).reset_index(names="column")
