"""Write the documents of a meeting: report karte, slides, handout, pack, map, layers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from geo.commands.options import (
    CHOOSING,
    ENTERING,
    GIVEN,
    REACH,
    TRAVELLING,
    AddParser,
    Parser,
    Run,
    analysis_of,
    say,
)
from geo.data.dataset import Dataset, column_of, position_of
from geo.documents.handout import handout
from geo.documents.karte_pdf import karte_pdf, zipped
from geo.documents.karte_word import karte_word
from geo.documents.links import base_address, checked
from geo.documents.meeting import TITLES, screens
from geo.documents.pack import pack
from geo.documents.slides import slides
from geo.errors import DataError, Problem, UnknownCodeError
from geo.imports.reading.shapes import read_shapes
from geo.maps import folium_maps
from geo.maps.colours import LAYER_COLOURS
from geo.maps.folium_maps import TITLE
from geo.maps.geopackage import geopackage
from geo.maps.measures import MEASURES, bounds_of, measure_view, visible_organisations
from geo.maps.overlay import Overlay
from geo.maps.picture import PICTURES, picture
from geo.maps.product_layers import Choice, measures_of, overlays, own_layer
from geo.methods.analysis import Analysis
from geo.methods.basis import footer
from geo.methods.karte import neighbourhood
from geo.methods.need import TODAY, YEARS
from geo.methods.within import range_of

Writer = Callable[[argparse.Namespace, Analysis, str], bytes]


def add_commands(add: AddParser) -> None:
    """Add `report` with its kinds."""
    report = add("report", help="documents: karte, slides, handout, pack, map, layers")
    kinds = report.add_subparsers(dest="report", required=True, metavar="WHAT")
    out = Parser(add_help=False)
    out.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    out.add_argument(
        "--url", default=None, help="address of the app, for links and QR codes (or SHIGEN_URL)"
    )
    every = [GIVEN, REACH, TRAVELLING, CHOOSING, ENTERING, out]
    karte = kinds.add_parser(
        "karte",
        parents=every,
        help="A4 sheets: FILE.pdf, FILE.docx, or FILE.zip of one PDF a town (--word: Word)",
    )
    karte.add_argument("codes", nargs="*", metavar="CODE")
    karte.add_argument("--all", action="store_true", help="all 179 municipalities")
    karte.add_argument("--word", action="store_true", help="Word files in the zip")
    karte.set_defaults(run=_written(_karte))
    deck = kinds.add_parser("slides", parents=every, help="PowerPoint: FILE.pptx")
    deck.add_argument("--template", type=Path, metavar="FILE", help="a .pptx of your own")
    deck.add_argument("--screens", nargs="+", choices=TITLES, default=list(TITLES))
    deck.add_argument("--areas", nargs="+", metavar="CODE", help="default: the candidates")
    deck.add_argument("--town", metavar="CODE", help="the town shown up close")
    deck.set_defaults(run=_written(_slides))
    kinds.add_parser(
        "handout", parents=every, help="one HTML file that needs no network"
    ).set_defaults(run=_written(_handout))
    whole = kinds.add_parser(
        "pack",
        parents=every,
        help="FILE.zip for a meeting of one 振興局 or 二次医療圏: slides, sheets, handout, survey, order",
    )
    whole.add_argument("area", metavar="AREA", help="胆振, 振興局:胆振 or 二次医療圏:西胆振")
    whole.add_argument("--template", type=Path, metavar="FILE", help="a .pptx of your own")
    whole.set_defaults(run=_written(_pack))
    chart = kinds.add_parser("map", parents=every, help="FILE.png, FILE.svg or FILE.pdf")
    chart.add_argument("--measure", choices=MEASURES, default="scarcity")
    chart.add_argument("--field", help="field code, for the measures of a field")
    chart.add_argument("--year", type=int, choices=YEARS, default=TODAY)
    chart.add_argument("--focus", metavar="CODE", help="one municipality and its neighbours")
    chart.add_argument("--points", action="store_true", help="show the organisations")
    chart.set_defaults(run=_written(_map))
    over = kinds.add_parser(
        "layers",
        parents=every,
        help="layers over one another: FILE.html that needs no network, .gpkg, .png or .pdf",
    )
    over.add_argument(
        "--measures",
        nargs="*",
        default=["scarcity"],
        metavar="MEASURE",
        help="the lowest first: scarcity (default), need:2050, class:children, …",
    )
    over.add_argument("--fields", nargs="+", default=[], help="of the organisations shown")
    over.add_argument("--no-points", action="store_true", help="show no organisations")
    over.add_argument(
        "--reach", nargs="+", default=[], metavar="FIELD", help="catchments of its offices"
    )
    over.add_argument(
        "--from",
        nargs="+",
        default=[],
        metavar="CODE",
        dest="sites",
        help="catchment of its offices",
    )
    over.add_argument("--areas", nargs="+", default=[], metavar="CODE", help="outlined")
    over.add_argument("--venues", nargs="+", default=[], metavar="CODE", help="marked")
    over.add_argument(
        "--layer",
        nargs="+",
        default=[],
        type=Path,
        metavar="FILE",
        help="your own, above: GeoJSON, KML, GPX, zipped shapefile, GeoPackage, CSV",
    )
    over.add_argument("--title", default=TITLE)
    over.set_defaults(run=_written(_layers))


def _written(write: Writer) -> Run:
    """Return a command that writes one document to the file of --output."""

    def run(options: argparse.Namespace) -> None:
        base = base_address() if options.url is None else checked(options.url)
        content = write(options, analysis_of(options), base)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_bytes(content)
        say(f"{options.output} {len(content):,} bytes")

    return run


def _karte(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:
    names = analysis.dataset.municipalities["name"]
    codes = list(names.index) if options.all else options.codes
    if not codes:
        raise DataError([Problem("report karte", None, None, "市町村コードか --all が要ります")])
    for code in codes:
        position_of(analysis.dataset, code)
    kind = _suffix(options, ("pdf", "docx", "zip"))
    if kind == "pdf":
        return karte_pdf(analysis, codes, base=base, progress=_progress)
    if kind == "docx":
        if len(codes) > 1:
            reason = "Wordは1市町村ずつです。まとめるには .zip と --word を使ってください"
            raise DataError([Problem(str(options.output), None, None, reason)])
        return karte_word(analysis, codes[0], base=base)
    made = "docx" if options.word else "pdf"
    return zipped(
        lambda code: (
            karte_word(analysis, code, base=base)
            if options.word
            else karte_pdf(analysis, [code], base=base)
        ),
        {code: f"{code}_{names[code]}.{made}" for code in codes},
        _progress,
    )


def _slides(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:
    _suffix(options, ("pptx",))
    made = screens(
        analysis, keys=options.screens, areas=options.areas, town=options.town, base=base
    )
    return slides(analysis.dataset, made, _template(options))


def _pack(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:
    _suffix(options, ("zip",))
    data = analysis.dataset
    area = range_of(data, options.area)
    template = _template(options)
    return pack(data, analysis.parameters, area, base=base, template=template, progress=_progress)


def _template(options: argparse.Namespace) -> bytes | None:
    if options.template is None:
        return None
    try:
        content: bytes = options.template.read_bytes()
    except OSError as error:
        reason = "読めません"
        raise DataError([Problem(str(options.template), None, None, reason)]) from error
    return content


def _handout(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:  # noqa: ARG001
    _suffix(options, ("html",))
    return handout(analysis, progress=_progress)


def _map(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:  # noqa: ARG001
    data = analysis.dataset
    field = options.field or data.fields.index[0]
    column_of(data, field)
    if options.focus is not None:
        position_of(data, options.focus)
    view = measure_view(
        analysis,
        options.measure,
        field,
        options.year,
        show_points=options.points,
        visible=visible_organisations(analysis, confidence=analysis.parameters.confidence),
        focus=options.focus and bounds_of(analysis, neighbourhood(analysis, options.focus)),
        highlighted=options.focus,
    )
    return picture(data, view, _suffix(options, PICTURES), sources=footer(analysis))


def _layers(options: argparse.Namespace, analysis: Analysis, base: str) -> bytes:  # noqa: ARG001
    kind, data = _suffix(options, ("html", "gpkg", "png", "pdf")), analysis.dataset
    for field in (*options.fields, *options.reach):
        column_of(data, field)
    for code in (*options.sites, *options.areas, *options.venues):
        position_of(data, code)
    for measure in options.measures:
        if measure not in measures_of(analysis):
            raise UnknownCodeError.of(measure, "色分け")
    choice = Choice(
        tuple(options.measures),
        not options.no_points,
        tuple(options.fields),
        (),
        tuple(options.reach),
        tuple(options.sites),
        analysis.parameters.minutes,
        tuple(options.areas),
        tuple(options.venues),
    )
    layers = [*overlays(analysis, choice), *_own(options.layer, data)]
    if kind == "html":
        return folium_maps.html(analysis, layers, title=options.title)
    if kind == "gpkg":
        return geopackage(analysis, layers)
    return folium_maps.drawn(analysis, layers, kind, title=options.title)


def _own(paths: Sequence[Path], data: Dataset) -> list[Overlay]:
    """Return the layers of files, each in a colour of its own, and say what was done to them."""
    colours = list(LAYER_COLOURS.values())
    made: list[Overlay] = []
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError([Problem(str(path), None, None, "読めません")]) from error
        for dropped in read_shapes(data, content, path.name):
            for row, words in dropped.notes:
                say(str(Problem(path.name, row, None, words)))
            colour, key = colours[len(made) % len(colours)], f"own-{len(made)}"
            made.append(own_layer(key, dropped.title, dropped.frame, colour))
    return made


def _suffix(options: argparse.Namespace, allowed: tuple[str, ...]) -> str:
    path: Path = options.output
    kind = path.suffix.lower().removeprefix(".")
    if kind not in allowed:
        reason = f"拡張子は {'、'.join(f'.{name}' for name in allowed)} のどれかにしてください"
        raise DataError([Problem(str(path), None, None, reason)])
    return kind


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total:
        sys.stderr.write(f"\r{done}/{total}" + ("\n" if done == total else ""))
