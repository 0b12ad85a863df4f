"""Texts and tables through an import: what is kept, what is shown, what is remembered."""

from __future__ import annotations

import pytest

from dataset_trees import write_tree
from tailwise.domain.coverage import CountRequest, ItemFilter, Unit
from tailwise.domain.errors import QuestionError
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.counts import count_table
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.items import find_items, item_rows
from tailwise.usecases.projects import create_project, project_facts

TEXTS = "id,text,label\n1,one two,x\n2,three four,y\n3,five six,y\n"


@pytest.fixture
def project(tmp_path):
    project = create_project(tmp_path / "p.tailwise")
    yield project
    project.close()


def bring(project, path, **answers):
    request = ImportRequest(path, answers={k.replace("__", "."): v for k, v in answers.items()})
    return import_source(project, request, SILENT, run_here)


def rows(project):
    return item_rows(project, find_items(project, ItemFilter(), SILENT))


def test_texts_are_kept_in_the_project_and_follow_a_second_import(project, tmp_path):
    file = write_tree(tmp_path, {"t.csv": TEXTS}) / "t.csv"
    outcome = bring(project, file)

    assert {row.file_name: row.text for row in rows(project)} == {"1": "one two", "2": "three four", "3": "five six"}
    assert all(row.path == "" for row in rows(project))
    counted = count_table(project, CountRequest(), SILENT)
    assert (counted.unit, counted.counts) == (Unit.TEXTS, ((2,), (1,)))
    assert (outcome.missing_files, project_facts(project, SILENT).missing_files) == (0, 0)
    file.write_text(TEXTS.replace("five six", "seven eight").replace("1,one two,x\n", ""))
    assert (bring(project, file).updated, bring(project, file).removed) == (2, 0)
    assert {row.file_name: row.text for row in rows(project)} == {"2": "three four", "3": "seven eight"}


def test_what_columns_mean_is_remembered_for_another_table_of_the_same_header(project, tmp_path):
    body = "key,first,second\n" + "".join(f"k{n},a{n % 2},b{n % 2}\n" for n in range(8))
    tree = write_tree(tmp_path, {"one/a.csv": body, "two/b.csv": body, "three/c.csv": body.replace("second", "third")})
    with pytest.raises(QuestionError):
        bring(project, tree / "one/a.csv")
    bring(project, tree / "one/a.csv", file_name="key", map__label="second")

    outcome = bring(project, tree / "two/b.csv")

    told = next(f for f in outcome.findings if f.code == "CS-33")
    assert told.examples == ("file_name=key, map.label=second",)
    assert {name for row in rows(project) for name in row.classes} == {"b0", "b1"}
    bring(project, tree / "two/b.csv", label="first")
    assert {name for row in rows(project) for name in row.classes} == {"a0", "a1", "b0", "b1"}
    with pytest.raises(QuestionError):
        bring(project, tree / "three/c.csv")
