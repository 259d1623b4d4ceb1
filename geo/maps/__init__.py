"""What does a map show, in which colours, in a browser and as a picture?"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Give `folium_map`, which notebooks ask the package for, without loading folium for others."""
    if name == "folium_map":
        from geo.maps.folium_maps import folium_map

        return folium_map
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
