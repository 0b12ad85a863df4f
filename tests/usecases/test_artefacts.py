"""Synthetic against real: a mark every generated picture bears is found; copies without one are not."""

from types import SimpleNamespace

import numpy as np
import pytest

from builders import a_project, a_source
from cli_runs import Shell
from tailwise.analysis.roc import roc_area
from tailwise.domain.artefacts import ArtefactCheck, Telling
from tailwise.domain.errors import RequestError
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases import artefacts
from tailwise.usecases.artefacts import check_artefacts
from tailwise.usecases.generated import register_generated


@pytest.fixture
def project(tmp_path):
    """Twelve real pictures and twelve that are registered as generated from them, by two generators."""
    real, made = [f"r{i}.jpg" for i in range(12)], [f"g{i}.jpg" for i in range(12)]
    project = a_project(tmp_path / "p.tailwise", a_source({name: {"car": 1} for name in [*real, *made]}))
    table = tmp_path / "made.csv"
    rows = [f"{m},{r},{'one' if i % 2 else 'two'}" for i, (m, r) in enumerate(zip(made, real, strict=True))]
    table.write_text("\n".join(["file,parent,generator", *rows]) + "\n", encoding="utf-8")
    register_generated(project, table, SILENT)
    yield project
    project.close()


def an_index(monkeypatch, project, mark):
    """Index every picture by a vector of its scene and some noise; `mark` is what the generated ones bear."""
    rng = np.random.default_rng(3)
    scenes = rng.normal(size=(12, 16))
    vectors = np.concatenate([scenes, scenes]) + 0.1 * rng.normal(size=(24, 16))
    vectors[12:, 0] += mark
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = SimpleNamespace(
        item_ids=project.columns.item_ids, descriptor=vectors.astype(np.float32), embedding="scenes"
    )
    monkeypatch.setattr(artefacts, "load_index", lambda _project: found)


def test_a_mark_that_all_generated_pictures_bear_is_a_shortcut(project, monkeypatch, capsys):
    an_index(monkeypatch, project, 12.0)

    done = check_artefacts(project, SILENT, run_here)

    assert done.is_warning
    assert done.tellings[0].auc > 0.99
    assert (done.tellings[0].synthetic, done.tellings[0].real, done.unindexed) == (12, 12, 0)
    assert "told from real ones at a glance" in done.text
    shell = Shell(capsys)
    document = shell.json("artefacts", project.path)
    assert document["warning"]
    assert document["rows"][0]["auc"] == pytest.approx(done.tellings[0].auc, abs=1e-6)
    shell("artefacts", project.path)
    assert "AUC" in shell.out


def test_pictures_without_a_mark_are_no_shortcut(project, monkeypatch):
    an_index(monkeypatch, project, 0.0)

    done = check_artefacts(project, SILENT, run_here)

    assert not done.is_warning
    assert done.tellings[0].low <= 0.6
    assert "no mark" in done.text


def test_pictures_that_are_not_indexed_cannot_be_compared(project):
    with pytest.raises(RequestError, match="0 generated and 0 real pictures"):
        check_artefacts(project, SILENT, run_here)


def test_a_project_without_generated_pictures_is_told_what_to_do(tmp_path):
    project = a_project(tmp_path / "p.tailwise", a_source({"a.jpg": {"car": 1}}))
    with pytest.raises(RequestError, match="registered as generated"):
        check_artefacts(project, SILENT, run_here)
    project.close()


def test_the_area_is_that_of_scikit_learn_and_ties_count_half():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    scores, positive = rng.integers(0, 9, 200) / 8, rng.random(200) < 0.3

    area, low, high = roc_area(scores, positive)

    assert area == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert low < area < high
    with pytest.raises(ValueError, match="both sides"):
        roc_area(scores, np.ones(200, np.bool_))


def test_the_worst_generator_is_named():
    check = ArtefactCheck("v", (Telling("", 20, 20, 0.9, 0.8, 1), Telling("sd", 10, 20, 0.97, 0.9, 1)), 0, ("car",))

    assert "the pictures of sd are told" in check.text
