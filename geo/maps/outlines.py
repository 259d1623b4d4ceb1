"""Project the boundaries to metres and make them into outlines that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.maps.colours import WHITE
from geo.maps.overlay import Features, Overlay, single_parts

MAP_PLANE = "EPSG:6680"  # JGD2011, plane rectangular system XII: metres, north up over Hokkaido


@dataclass(frozen=True, eq=False)
class Shapes:
    """The outlines of one dataset in metres: municipalities in order, lines, 北方領土."""

    towns: list[Outline]
    bounds: np.ndarray
    points: np.ndarray
    offices: np.ndarray
    lines: list[np.ndarray]
    northern: Outline
    everything: tuple[float, float, float, float]


@kept(4)
def outlines(data: Dataset, tolerance: float) -> Shapes:
    """Return the outlines of a dataset, simplified together so that neighbours still touch.

    tolerance: metres.
    """
    towns = data.municipalities
    plane = data.boundaries.geometry.to_crs(MAP_PLANE)
    shapes = shapely.set_precision(plane.loc[towns.index].to_numpy(), 1.0)
    if tolerance:
        shapes = shapely.coverage_simplify(shapes, tolerance)
    areas = [
        shapely.union_all(shapes[rows]) for rows in towns.groupby("subprefecture").indices.values()
    ]
    lines = shapely.line_merge(shapely.union_all([shapely.boundary(area) for area in areas]))
    northern = shapely.simplify(plane.loc[NORTHERN_TERRITORIES], tolerance)
    offices = gpd.GeoSeries(
        gpd.points_from_xy(towns["office_lon"], towns["office_lat"]), crs="EPSG:4326"
    ).to_crs(MAP_PLANE)
    return Shapes(
        towns=[outline_of(shape) for shape in shapes],
        bounds=shapely.bounds(shapes),
        points=shapely.get_coordinates([_middle(shape) for shape in shapes]),
        offices=shapely.get_coordinates(offices),
        lines=[shapely.get_coordinates(line) for line in shapely.get_parts(lines)],
        northern=outline_of(northern),
        everything=tuple(shapely.total_bounds([*shapes, northern])),
    )


def _middle(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a point well inside the largest part, where a name stands best."""
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    return shapely.Point(
        shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=500))[0]
    )


def outline_of(shape: shapely.Geometry) -> Outline:
    """Return the rings of a shape as one path."""
    rings = [
        ring
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    return Outline.make_compound_path(
        *(Outline(shapely.get_coordinates(ring), closed=True) for ring in rings)
    )


def lay(axes: Axes, layer: Overlay) -> None:
    """Draw a layer of shapes on the plane: areas see-through in their outline, lines, points."""
    content, alpha = layer.content, layer.opacity
    if not isinstance(content, Features):
        return
    plane = content.frame.geometry.to_crs(MAP_PLANE)
    for shape, shade in zip(plane, content.frame["shade"], strict=True):
        colour = content.palette[int(shade)]
        for part in single_parts(shape):
            x, y = shapely.get_coordinates(part).T
            if part.geom_type == "Polygon":
                shade_of = f"{colour}{round(255 * content.fill * alpha):02X}"
                axes.add_patch(PathPatch(outline_of(part), fc=shade_of, ec=colour, zorder=4))
            elif part.geom_type == "Point":
                point = Line2D(x, y, marker="o", color=colour, alpha=alpha, zorder=4)
                point.set_markersize(4.0)
                point.set_markeredgecolor(WHITE)
                axes.add_line(point)
            else:
                axes.add_line(Line2D(x, y, color=colour, linewidth=1.8, alpha=alpha, zorder=4))
