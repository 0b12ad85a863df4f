"""Shipped files are found in a checkout, in an installed wheel, and nowhere else."""

import pytest

from tailwise import resource_files
from tailwise.resource_files import resource_path


@pytest.fixture
def an_install(tmp_path, monkeypatch):
    """Pretend that the package lies in a folder, as it does in site-packages."""
    package = tmp_path / "site-packages" / "tailwise"
    package.mkdir(parents=True)
    monkeypatch.setattr(resource_files, "_PACKAGE", package)
    resource_files._root.cache_clear()
    yield package
    resource_files._root.cache_clear()


def test_a_checkout_finds_its_resources_beside_app():
    assert resource_path("demo/recipe.toml").read_text(encoding="utf-8").startswith("#")
    assert resource_path("icons").is_dir()


def test_an_installed_wheel_finds_them_inside_the_package(an_install):
    shipped = an_install / "resources" / "icons" / "save.svg"
    shipped.parent.mkdir(parents=True)
    shipped.write_text("<svg/>", encoding="utf-8")

    assert resource_path("icons/save.svg") == shipped


def test_the_package_wins_over_a_folder_that_happens_to_lie_beside_it(an_install):
    (an_install / "resources").mkdir()
    stranger = an_install.parents[1] / "resources" / "note.txt"
    stranger.parent.mkdir()
    stranger.write_text("not ours", encoding="utf-8")

    with pytest.raises(FileNotFoundError, match=r"note\.txt"):
        resource_path("note.txt")


@pytest.mark.parametrize("name", ["../pyproject.toml", "icons/../../pyproject.toml", "/etc/hostname"])
def test_a_path_out_of_the_resources_is_refused(name):
    with pytest.raises(ValueError, match="not a path below"):
        resource_path(name)
