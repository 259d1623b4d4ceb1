"""Write one zip for a machine without internet: the app, and wheels of every pin for two systems.

Run `python -m deploy.bundling FILE.zip`, or `make bundle`. The wheels come from the package registry
that pip is set to; on the other machine nothing is asked of any network.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "shakai-shigen-map"  # in the zip: short, since paths on Windows end at 260 characters
PINS = "requirements.lock"  # with hashes, and with what each system needs besides
PYTHON = "3.11"
# What pip calls each system, oldest first, and what marks it in a requirement.
SYSTEMS = {
    "windows": (("win_amd64",), {"sys_platform": "win32", "platform_system": "Windows"}),
    "linux": (
        (
            "manylinux1_x86_64",
            "manylinux2010_x86_64",
            "manylinux2014_x86_64",
            *(f"manylinux_2_{minor}_x86_64" for minor in (17, 24, 26, 27, 28)),
        ),
        {"sys_platform": "linux", "platform_system": "Linux"},
    ),
}
# What the app is, from the root; folders whole, but for what is made when it runs.
PARTS = ("app.py", "geo", "pages", "data", ".streamlit", "docs", PINS, "README.md", "LICENSE")
LEFT_OUT = {"__pycache__", "secrets.toml"}
BESIDE = (
    ROOT / "deploy" / "bundle"
)  # goes to the top of the folder: 起動.bat, start.sh, はじめに.txt


def pins(text: str) -> list[Requirement]:
    """Return the requirements of a file of pins; comments, options and hashes left out."""
    joined = re.sub(r"\\\n", " ", text)
    found = []
    for line in joined.splitlines():
        words = re.split(r"\s+(?:#|--hash)|^#", line.strip())[0].strip()
        if words and not words.startswith("-"):
            found.append(Requirement(words))
    return found


def environment(system: str) -> dict[str, str]:
    """Return what the markers of a requirement are read with on a system of SYSTEMS."""
    own = SYSTEMS[system][1]
    names = {"os_name": "nt" if system == "windows" else "posix"}
    machine = {"platform_machine": "AMD64" if system == "windows" else "x86_64"}
    version = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    given = {name: str(value) for name, value in default_environment().items()}
    return {**given, **own, **names, **machine, **version, "extra": ""}


def wanted(text: str, system: str) -> list[Requirement]:
    """Return the pins of a file that hold on a system."""
    there = environment(system)
    return [one for one in pins(text) if one.marker is None or one.marker.evaluate(there)]


def download(target: Path, system: str, chosen: list[Requirement]) -> None:
    """Fetch the wheels of pins for a system into a folder; raise CalledProcessError without one."""
    platforms = [word for name in SYSTEMS[system][0] for word in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(target)]
    command += ["--python-version", PYTHON, "--implementation", "cp"]
    command += [word for abi in ("cp311", "abi3", "none") for word in ("--abi", abi)]
    specs = [f"{one.name}{one.specifier}" for one in chosen]
    subprocess.run([*command, *platforms, *specs], check=True)


def lacking(wheels: Path, system: str) -> list[str]:
    """Return what the wheels in a folder need on a system and no wheel there gives."""
    there = environment(system)
    have, needs = {}, []
    for path in sorted(wheels.glob("*.whl")):
        name, version, _, tags = parse_wheel_filename(path.name)
        if not any(_fits(tag.platform, system) for tag in tags):
            continue
        have[name] = version
        with zipfile.ZipFile(path) as wheel:
            (metadata,) = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
            head = wheel.read(metadata).decode().split("\n\n", 1)[0]
        needs += [Requirement(line[15:]) for line in head.splitlines() if line[:15] == REQUIRES]
    return [
        str(one)
        for one in needs
        if (one.marker is None or one.marker.evaluate(there))
        and not one.specifier.contains(have.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]


REQUIRES = "Requires-Dist: "


def _fits(platform: str, system: str) -> bool:
    return platform == "any" or platform in SYSTEMS[system][0]


def files() -> dict[str, Path]:
    """Return the app's own files by their path in the bundle."""
    found = {path.name: path for path in sorted(BESIDE.iterdir())}
    for part in PARTS:
        top = ROOT / part
        inside = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in inside:
            if path.is_file() and not LEFT_OUT.intersection(path.parts):
                found[path.relative_to(ROOT).as_posix()] = path
    return found


def write(target: Path) -> None:
    """Write the bundle; raise SystemExit when a system would lack a wheel."""
    text = (ROOT / PINS).read_text(encoding="utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        for system in SYSTEMS:
            download(wheels, system, wanted(text, system))
            missing = lacking(wheels, system)
            if missing:
                message = f"{system}: no wheel for {', '.join(missing)}"
                raise SystemExit(message)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files().items():
                archive.write(path, f"{FOLDER}/{name}")
            for path in sorted(wheels.iterdir()):  # packed already
                archive.write(path, f"{FOLDER}/wheels/{path.name}", zipfile.ZIP_STORED)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(f"{sys.argv[1]} {Path(sys.argv[1]).stat().st_size / 1e6:,.0f} MB")  # noqa: T201
