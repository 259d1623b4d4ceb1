"""Take layers of one's own: read each in a process with a budget, say what was mended, keep them.

They stay in the visitor's session alone: nothing is written, and nobody else sees them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from geo import worker
from geo.data.dataset import Dataset
from geo.errors import DataError
from geo.imports.places.points import LATITUDES, LONGITUDES
from geo.imports.reading.shapes import MAX_LAYER_BYTES, Dropped, read_shapes
from geo.maps.overlay import MANY, Overlay, drawn_text
from geo.maps.product_layers import own_layer
from geo.parameters import LAYER_FEATURES
from geo.ui import frame, parts

KEPT = "_own_layers"
KEPT_FILES = 8
NEAR = (LONGITUDES[0], LATITUDES[0], LONGITUDES[1], LATITUDES[1])
METRES_A_DEGREE = 111_000  # of latitude
FORMS = "GeoJSON・KML・GPX・シェープファイル(zip)・GeoPackage・CSV(緯度経度か住所)"


@dataclass(frozen=True, eq=False)
class Own:
    """One layer of the visitor's: what was read, and how the browser draws it."""

    key: str
    title: str
    dropped: Dropped

    @cached_property
    def drawn(self) -> tuple[str, float]:
        """As `geo.maps.overlay.drawn_text` says; kept, since a page is drawn many times."""
        return drawn_text(self.dropped.frame)

    def overlay(self, colour: str) -> Overlay:
        """Return the layer in a colour."""
        return own_layer(self.key, self.title, self.dropped.frame, colour, made=self.drawn)


def own_layers(data: Dataset) -> list[Own]:
    """Show the place to drop files, what became of each, and return the layers."""
    worker.warm()
    limit = f"1つ{MAX_LAYER_BYTES // 1_000_000}MB・{float(LAYER_FEATURES):,.0f}件まで"
    style = parts.uploader_style("ファイルを選ぶ", f"ここに置いても読めます。{limit}")
    st.html(f"<style>{style}</style>")
    files = st.file_uploader(
        f"自分の層を重ねる: {FORMS}。座標系は問いません。この画面を閉じると消えます。",
        accept_multiple_files=True,
        key="own_files",
    )
    found: list[Own] = []
    rows = []
    for file in files or []:
        try:
            layers = _read(data, file.name, file.getvalue())
        except DataError as error:
            st.error(f"重ねられないファイルです。\n\n{frame.plain(str(error))}")
            continue
        found += layers
        rows += [
            {"ファイル": file.name, "層": one.title, "行": row, "内容": words}
            for one in layers
            for row, words in [
                (None, f"{len(one.dropped.frame):,}件を重ねた。座標系: {one.dropped.crs}"),
                *one.dropped.notes,
                *_drawn(one),
            ]
        ]
    if rows:
        told = pd.DataFrame(rows).astype({"行": "Int64"})
        frame.table(told, rows=6)
        frame.downloads({"読んだ層": told}, "読んだ層", data)
    return found


def bounds_of(own: Sequence[Own]) -> tuple[float, float, float, float] | None:
    """Return (south, west, north, east) of what was dropped, as far as it is near Hokkaido."""
    edges = [one.dropped.frame.clip(NEAR).total_bounds for one in own]
    found = np.array([edge for edge in edges if np.isfinite(edge).all()])
    if not found.size:
        return None
    west, south = (float(edge) for edge in found[:, :2].min(axis=0))
    east, north = (float(edge) for edge in found[:, 2:].max(axis=0))
    return south, west, north, east


def _drawn(one: Own) -> list[tuple[None, str]]:
    """Return what the browser does not draw as it is."""
    told: list[tuple[None, str]] = []
    if tolerance := one.drawn[1]:
        metres = tolerance * METRES_A_DEGREE
        told.append(
            (None, f"画面では約{metres:,.0f} m の粗さで描く(選ぶとき、保存するときは元の形)")
        )
    if len(one.dropped.frame) > MANY:
        told.append((None, f"{MANY:,}件より多いので、画面では指しても名前が出ない"))
    return told


def _read(data: Dataset, name: str, content: bytes) -> list[Own]:
    """Return the layers of a file, or those that were made of the same bytes a moment ago."""
    kept: dict[str, list[Own] | DataError] = st.session_state.setdefault(KEPT, {})
    digest = hashlib.sha256(content).hexdigest()
    found = kept.get(digest + name)
    if found is None:
        # The words that a table may hold stand in the tables; no record goes to the child.
        words = replace(
            data,
            organisations=data.organisations.iloc[:0],
            services=data.services.iloc[:0],
            surveys=data.surveys.iloc[:0],
            ended=None,
        )
        with st.spinner(f"{frame.plain(name)} を読んでいます"):
            try:
                read = worker.run(read_shapes, words, content, name, file=name)
                found = [
                    Own(f"own-{digest[:8]}-{place}", one.title, one)
                    for place, one in enumerate(read)
                ]
            except DataError as error:
                found = error
        kept[digest + name] = found
        for older in list(kept)[:-KEPT_FILES]:
            del kept[older]
    if isinstance(found, DataError):
        raise found
    return found
