"""Examples in docstrings are true: they run as tests."""

import doctest
import importlib
import pkgutil

import pytest

PACKAGES = ("domain", "ops", "formats", "planning", "analysis", "exports", "usecases")


def modules():
    for package in PACKAGES:
        path = importlib.import_module(f"tailwise.{package}").__path__
        yield from (info.name for info in pkgutil.walk_packages(path, f"tailwise.{package}."))


@pytest.mark.parametrize("name", sorted(modules()))
def test_examples_hold(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)

    assert result.failed == 0


def test_there_are_examples_to_hold():
    finder = doctest.DocTestFinder()
    found = [t for name in modules() for t in finder.find(importlib.import_module(name)) if t.examples]

    assert len(found) >= 10
