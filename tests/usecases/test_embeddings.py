"""Vectors of the user's own: imported from files, or computed by an ONNX model; the choice is kept with the results."""

import importlib
import os

import numpy as np
import pytest

from cli_runs import Shell
from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.errors import RequestError
from tailwise.domain.index import IndexRequest
from tailwise.ops.progress import SILENT
from tailwise.usecases.embeddings import (
    OnnxRequest,
    PixelScale,
    embed_with_model,
    import_vectors,
    list_embeddings,
    use_embedding,
)
from tailwise.usecases.image_index import build_index, load_index

NAMES = [f"p{i}.jpg" for i in range(8)]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embeddings")
    files = {name: jpeg_of(photo(i, 96, 72)) for i, name in enumerate(NAMES)}
    project = photo_project(folder, files, labels={name: {"car": i % 3} for i, name in enumerate(NAMES)})
    build_index(project, IndexRequest(), SILENT, inline_pool)
    project.close()
    return folder / "p.tailwise"


@pytest.fixture
def project(template, tmp_path):
    from tailwise.usecases.projects import open_project

    path = tmp_path / "p.tailwise"
    path.write_bytes(template.read_bytes())
    project = open_project(path)
    yield project
    project.close()


def vectors(n=8, d=5):
    return np.random.default_rng(4).normal(size=(n, d)).astype(np.float32)


def test_a_numpy_file_with_names_beside_it_is_used(project, tmp_path):
    np.save(tmp_path / "clip.npy", vectors())
    (tmp_path / "clip.txt").write_text("\n".join([*(f"some/folder/{n}" for n in NAMES[:6]), "nowhere.jpg", "8"]))
    outcome = import_vectors(project, tmp_path / "clip.npy", None, "", SILENT)
    index = load_index(project)

    assert (outcome.name, outcome.images, outcome.unknown) == ("clip", 7, 1)
    assert index.embedding == "clip"
    lengths = np.linalg.norm(index.descriptor, axis=1)
    assert np.allclose(lengths[[0, 5, 7]], 1, atol=1e-2)
    assert lengths[6] == 0
    assert len(index.object_item) == 0


def test_the_classical_embedding_can_be_used_again(project, tmp_path):
    before = load_index(project)
    np.save(tmp_path / "clip.npy", vectors())
    (tmp_path / "names.csv").write_text("\n".join(NAMES))
    import_vectors(project, tmp_path / "clip.npy", tmp_path / "names.csv", "mine", SILENT)
    assert [(e.name, e.is_active) for e in list_embeddings(project)] == [("classical", False), ("mine", True)]
    assert list_embeddings(project)[0].origin == "learned from 8 images"

    use_embedding(project, "classical")
    assert np.array_equal(load_index(project).descriptor, before.descriptor)
    with pytest.raises(RequestError, match="The embeddings of this project are: classical, mine"):
        use_embedding(project, "theirs")


@pytest.mark.parametrize("form", ["list", "columns"])
def test_a_parquet_table_is_used_in_both_forms(project, tmp_path, form):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    values = vectors()
    table = {"file_name": NAMES}
    if form == "list":
        table["embedding"] = values.tolist()
    else:
        table |= {f"f{i}": values[:, i].tolist() for i in range(5)}
    parquet.write_table(pyarrow.table(table), tmp_path / "v.parquet")

    assert import_vectors(project, tmp_path / "v.parquet", None, "", SILENT).images == 8


def spoil(folder, kind):
    np.save(folder / "v.npy", vectors())
    (folder / "v.txt").write_text("\n".join(NAMES))
    if kind == "no names":
        (folder / "v.txt").unlink()
    elif kind == "too few names":
        (folder / "v.txt").write_text("a\nb")
    elif kind == "strangers":
        (folder / "v.txt").write_text("\n".join(f"x{i}" for i in range(8)))
    elif kind == "pickled":
        np.save(folder / "v.npy", np.array([{"run": "me"}] * 8, dtype=object), allow_pickle=True)
    elif kind == "cube":
        np.save(folder / "v.npy", np.zeros((8, 2, 2)))
    elif kind == "not finite":
        np.save(folder / "v.npy", np.full((8, 2), np.nan))
    elif kind == "gone":
        return folder / "gone.npy"
    elif kind == "other form":
        os.replace(folder / "v.npy", folder / "v.pt")
        return folder / "v.pt"
    elif kind == "no parquet":
        (folder / "v.parquet").write_bytes(b"nothing")
        return folder / "v.parquet"
    return folder / "v.npy"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("no names", "no list of names for v.npy"),
        ("too few names", "8 rows, v.txt has 2 names"),
        ("strangers", "None of the 8 names"),
        ("pickled", "no plain NumPy array"),
        ("cube", "no table of numbers"),
        ("not finite", "not finite"),
        ("gone", "no file gone.npy"),
        ("other form", "neither .npy nor .parquet"),
        ("no parquet", "cannot be read as Parquet"),
    ],
)
def test_vectors_that_cannot_be_used_are_refused_in_a_sentence(project, tmp_path, kind, sentence):
    path = spoil(tmp_path, kind)
    with pytest.raises(RequestError, match=sentence):
        import_vectors(project, path, None, "", SILENT)
    assert load_index(project).embedding == "classical"


def test_tables_without_names_or_vectors_and_the_built_in_name_are_refused(project, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    for columns, sentence in (
        ({"x": [1.0]}, "no column of names"),
        ({"image": ["a"], "embedding": [["b"]]}, "no vectors of one length"),
        ({"image": ["a"], "embedding": [[]]}, "holds no vectors"),
    ):
        parquet.write_table(pyarrow.table(columns), tmp_path / "v.parquet")
        with pytest.raises(RequestError, match=sentence):
            import_vectors(project, tmp_path / "v.parquet", None, "", SILENT)
    with pytest.raises(RequestError, match="name of the built-in embedding"):
        import_vectors(project, spoil(tmp_path, ""), None, "classical", SILENT)


def test_without_the_extra_the_sentence_says_what_to_install(project, tmp_path, monkeypatch):
    def missing(_name):
        raise ImportError

    (tmp_path / "v.parquet").write_bytes(b"x")
    (tmp_path / "m.onnx").write_bytes(b"x")
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(RequestError, match=r"Install tailwise\[parquet\]"):
        import_vectors(project, tmp_path / "v.parquet", None, "", SILENT)
    with pytest.raises(RequestError, match=r"Install tailwise\[onnx\]"):
        embed_with_model(project, OnnxRequest(tmp_path / "m.onnx"), SILENT, inline_pool)


# ONNX: a model is written by hand, field by field, so that no package is needed to make one.


def field(number, value):
    """Return a field of a protocol buffer: an integer, or bytes, text and messages with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def tensor(name, *sides):
    shape = b"".join(field(1, field(2, s) if isinstance(s, str) else field(1, s)) for s in sides)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def model_of(operator, source, target, *, attributes=b""):
    node = field(1, "pixels") + field(2, "out") + field(4, operator) + attributes
    graph = field(1, node) + field(2, "g") + field(11, tensor("pixels", *source)) + field(12, tensor("out", *target))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def test_a_model_embeds_images_and_objects(project, tmp_path):
    pytest.importorskip("onnxruntime")
    path = tmp_path / "mean.onnx"
    path.write_bytes(model_of("Identity", ("n", 3, 8, 8), ("n", 3, 8, 8)))
    outcome = embed_with_model(project, OnnxRequest(path, scale=PixelScale.UNIT), SILENT, inline_pool)
    index = load_index(project)

    assert (outcome.name, outcome.images, outcome.objects) == ("mean", 8, 7)
    assert index.embedding == "mean"
    assert index.descriptor.shape == (8, outcome.dimensions)
    assert outcome.dimensions <= 3
    assert len(index.object_item) == 7
    assert list_embeddings(project)[-1].origin.startswith("mean.onnx (")


def test_pixels_reach_the_model_as_it_was_trained(tmp_path):
    pytest.importorskip("onnxruntime")
    from tailwise.imaging.onnx_vectors import OnnxModel

    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 2] = 255
    first = tmp_path / "first.onnx"
    first.write_bytes(model_of("GlobalAveragePool", (1, 3, "h", "w"), (1, 3, 1, 1)))
    last = tmp_path / "last.onnx"
    last.write_bytes(model_of("Identity", (1, 4, 6, 3), (1, 4, 6, 3)))

    assert OnnxModel(str(first), PixelScale.BYTES).vectors([red]).tolist() == [[255, 0, 0]]
    assert OnnxModel(str(first), PixelScale.IMAGENET).vectors([red])[0, 0] == pytest.approx(
        (1 - 0.485) / 0.229, abs=1e-3
    )
    model = OnnxModel(str(last), PixelScale.UNIT)
    assert (model.input.height, model.input.width, model.input.channels_first) == (4, 6, False)
    assert model.vectors([red, red]).tolist() == [[1, 0, 0], [1, 0, 0]]
    assert model.vectors([]).shape == (0, 0)


def test_a_model_that_cannot_be_used_is_refused(project, tmp_path):
    pytest.importorskip("onnxruntime")
    path = tmp_path / "m.onnx"
    for data, sentence in (
        (b"nothing of the kind", "no ONNX model that onnxruntime can run"),
        (model_of("Identity", (1, 10), (1, 10)), "does not take one picture"),
    ):
        path.write_bytes(data)
        with pytest.raises(RequestError, match=sentence):
            embed_with_model(project, OnnxRequest(path), SILENT, inline_pool)
    path.write_bytes(model_of("Identity", (2, 3, 8, 8), (2, 3, 8, 8)))
    with pytest.raises(RequestError, match="failed on a picture of 8 × 8 pixels"):
        embed_with_model(project, OnnxRequest(path), SILENT, inline_pool)
    with pytest.raises(RequestError, match="cannot be read"):
        embed_with_model(project, OnnxRequest(tmp_path / "gone.onnx"), SILENT, inline_pool)


def test_the_command_lists_imports_and_switches(project, tmp_path, capsys):
    project.close()
    shell = Shell(capsys)
    path = spoil(tmp_path, "")

    assert "classical" in shell("embed", project.path)
    document = shell.json("embed", project.path, "--vectors", path, "--name", "mine")
    assert [e["name"] for e in document["embeddings"]] == ["classical", "mine"]
    assert shell.json("embed", project.path, "--use", "classical")["embeddings"][0]["is_active"]
    shell("embed", project.path, "--use", "classical", "--onnx", path, code=2)
