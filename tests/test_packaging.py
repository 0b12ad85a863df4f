"""What is shipped is whole and agrees with itself: pins, wheel, icons, desktop entry, file type, description."""

import re
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tailwise import __version__
from tailwise.storage.schema import APPLICATION_ID

ROOT = Path(__file__).parents[1]
LINUX = ROOT / "packaging" / "linux"
ICONS = ROOT / "resources" / "icons"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"
# The program's own icon, and two that style sheets load as they are.
COLOURED_ICONS = {"tailwise", "chevron-grey", "chevron-up-grey", "tick-on-accent"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(python):
    """Return name -> version for one Python version."""
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    chosen = [r for r in requirements if r.marker is None or r.marker.evaluate({"python_version": python})]
    found = {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in chosen}
    assert len(found) == len(chosen), "a package is pinned twice"
    return found


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_everything_asked_for_is_pinned_to_a_version_that_will_do(python):
    about = project()
    asked = about["build-system"]["requires"] + about["project"]["dependencies"]
    for more in (*about["project"]["optional-dependencies"].values(), *about["dependency-groups"].values()):
        asked += more
    pinned = pins(python)

    missing = [a for a in asked if canonicalize_name(Requirement(a).name) not in pinned]
    unfit = [a for a in asked if a not in missing and pinned[canonicalize_name(Requirement(a).name)] not in
             Requirement(a).specifier]  # fmt: skip
    assert missing == []
    assert unfit == []


def test_qt_is_pinned_as_one_and_below_the_version_that_aborts():
    pinned = pins("3.11")

    assert pinned["pyside6-essentials"] == pinned["shiboken6"] == "6.11.3"
    assert "opencv-python" not in pinned, "the full wheel carries Qt plugins of its own"


def test_pins_name_no_registry_and_no_url():
    text = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")

    assert not re.search(r"https?:|--index|--extra|--find|@ ", text)


@pytest.mark.parametrize("name", ["run.sh", "test.sh", "common.sh"])
def test_scripts_are_plain_sh(name):
    shell = shutil.which("dash") or shutil.which("sh")
    if shell is None:
        pytest.skip("no POSIX shell here")
    done = subprocess.run([shell, "-n", ROOT / "packaging" / name], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_wheel_carries_every_module_and_every_resource(tmp_path):
    builder = pytest.importorskip("hatchling.builders.wheel", reason="the build tool is not installed here")
    import zipfile

    [wheel] = builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])

    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {f"tailwise/{p.relative_to(ROOT / 'app' / 'tailwise').as_posix()}" for p in
               (ROOT / "app" / "tailwise").rglob("*.py")}  # fmt: skip
    resources = {f"tailwise/resources/{p.relative_to(ROOT / 'resources').as_posix()}" for p in
                 (ROOT / "resources").rglob("*") if p.is_file() and not p.name.startswith(".")}  # fmt: skip
    assert modules - names == set()
    assert resources - names == set()
    assert not [n for n in names if n.startswith(("app/", "resources/", "tests/"))]


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda p: p.stem)
def test_icons_are_square_and_take_the_colour_of_the_text(path):
    root = ET.parse(path).getroot()

    box = [float(v) for v in root.attrib["viewBox"].split()]
    assert box[2] == box[3]
    if path.stem not in COLOURED_ICONS:
        inks = {v for e in root.iter() for k, v in e.attrib.items() if k in {"stroke", "fill"}}
        assert inks <= {"none", "currentColor"}
        assert "currentColor" in inks


def test_the_file_type_is_known_by_name_and_by_its_first_bytes():
    [kind] = ET.parse(LINUX / "tailwise-mime.xml").getroot()

    assert [g.attrib["pattern"] for g in kind.findall(f"{MIME}glob")] == ["*.tailwise"]
    [magic] = kind.iter(f"{MIME}magic")
    outer = magic.find(f"{MIME}match")
    inner = outer.find(f"{MIME}match")
    assert (outer.attrib["offset"], outer.attrib["value"]) == ("0", r"SQLite format 3\000")
    assert (inner.attrib["offset"], int(inner.attrib["value"], 16)) == ("68", APPLICATION_ID)


def test_desktop_entry_file_type_and_description_name_each_other():
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(LINUX / "tailwise.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    [kind] = ET.parse(LINUX / "tailwise-mime.xml").getroot()
    about = ET.parse(LINUX / "tailwise.metainfo.xml").getroot()

    assert desktop["MimeType"].rstrip(";") == kind.attrib["type"] == about.findtext("provides/mediatype")
    assert about.findtext("launchable") == "tailwise.desktop"
    assert (ICONS / f"{desktop['Icon']}.svg").is_file()
    assert about.findtext("project_license") == project()["project"]["license"]


def test_the_desktop_entry_starts_with_and_without_a_file():
    pytest.importorskip("click")
    from tailwise.cli import main

    command = main.commands["open"]
    [argument] = [p for p in command.params if p.name == "project"]

    assert "Exec=tailwise open %f" in (LINUX / "tailwise.desktop").read_text(encoding="utf-8").splitlines()
    assert not argument.required


def test_the_newest_release_is_this_version():
    about = ET.parse(LINUX / "tailwise.metainfo.xml").getroot()
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert about.find("releases/release").attrib["version"] == __version__
    assert re.search(r"^## \[(.+?)\]", changes, re.MULTILINE)[1] in {__version__, "Unreleased"}


def test_coverage_gates_name_parts_that_exist():
    namespace = {"__name__": "gates"}
    exec((ROOT / "packaging" / "coverage_gates.py").read_text(encoding="utf-8"), namespace)

    assert [g for g in namespace["GATES"] if g and not (ROOT / "app" / "tailwise" / g).exists()] == []
    report = {"files": {"app/tailwise/domain/plan.py": {"summary": {
        "num_statements": 8, "covered_lines": 7, "num_branches": 2, "covered_branches": 2}}}}  # fmt: skip
    assert namespace["percentages"](report) == {"domain/": 90.0}
