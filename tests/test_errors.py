import importlib
import pkgutil
import re

import geo
from geo import errors
from geo.errors import GeoError

ROW = re.compile(r"^ {4}((?: {4})*)(\w+Error)\b *(.*)$")


def printed():
    """Return name to (parent, where it stands) of the tree in the module's docstring."""
    found, above = {}, []
    for line in errors.__doc__.splitlines():
        row = ROW.match(line)
        if row is None:
            continue
        depth = len(row[1]) // 4
        above[depth:] = [row[2]]
        place = re.match(r"[a-z_]+(?:\.[a-z_]+)+(?=,|$)", row[3])
        found[row[2]] = (
            above[depth - 1] if depth else None,
            f"geo.{place[0]}" if place else "geo.errors",
        )
    return found


def real():
    """Return the same of all classes of errors that any module of geo has."""
    found = {}
    for module in pkgutil.walk_packages(geo.__path__, "geo."):
        if module.name.startswith("geo.store.migrations") or module.name == "geo.__main__":
            continue
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, BaseException) and _ours(one):
                parents = [base.__name__ for base in one.__bases__]
                found[one.__name__] = (None if one is GeoError else parents[0], one.__module__)
                assert len(parents) == 1
    return found


def _ours(kind):
    return kind.__module__.startswith("geo.")


def test_the_printed_tree_holds_every_error_of_ours_where_it_stands():
    assert len(real()) > 30
    assert printed() == real()
