"""Vectors of pictures from the user's own ONNX model, through onnxruntime where it is installed.

The file is run as a network of tensors and nothing else: custom operators are not loaded.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.imaging.decode import ImageFile, decode_file
from tailwise.imaging.descriptors import cut_out
from tailwise.imaging.thumbnails import upright_fractions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


DEFAULT_SIDE: Final = 224
_MEAN: Final = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_DEVIATION: Final = np.array([0.229, 0.224, 0.225], dtype=np.float32)
_BATCH: Final = 16


class PixelScale(StrEnum):
    """What range of values a model was trained on."""

    IMAGENET = "imagenet"  # 0..1, then the mean and deviation of ImageNet
    UNIT = "unit"  # 0..1
    BYTES = "bytes"  # 0..255


@dataclass(frozen=True, slots=True)
class ModelInput:
    """How a model wants its pictures: name of the input, height and width in pixels, channels first or last."""

    name: str
    height: int
    width: int
    channels_first: bool


class OnnxModel:
    """A loaded model; use one per process."""

    def __init__(self, path: str, scale: PixelScale) -> None:
        try:
            runtime: Any = importlib.import_module("onnxruntime")
        except ImportError as error:
            raise RequestError(
                "An ONNX model needs the package onnxruntime", "Install tailwise[onnx], or import vectors instead"
            ) from error
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1  # several processes work side by side
        options.log_severity_level = 4
        self._file_name = Path(path).name
        self._faults = _faults(runtime)
        try:
            self._session: Any = runtime.InferenceSession(
                Path(path).read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise RequestError(f"{path} cannot be read ({error.strerror})", "Choose another model") from error
        except self._faults as error:
            raise RequestError(
                f"{self._file_name} is no ONNX model that onnxruntime can run", "Export it again", str(error)
            ) from error
        self._scale = scale
        self.input = _input_of(self._session.get_inputs(), path)

    def vectors(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one row per picture (rows × columns × 3, BGR); maps of features are averaged over their places."""
        found = [self._run(pictures[at : at + _BATCH]) for at in range(0, len(pictures), _BATCH)]
        return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32)

    def _run(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [self._row(picture) for picture in pictures]
        return np.concatenate(rows)

    def _row(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run one picture alone: many exported models take exactly one, and no result depends on its neighbours."""
        feed = {self.input.name: self._tensor(picture)[None]}
        try:
            output: NDArray[np.float32] = np.asarray(self._session.run(None, feed)[0], dtype=np.float32)
        except self._faults as error:
            raise RequestError(
                f"{self._file_name} failed on a picture of {self.input.width} × {self.input.height} pixels",
                "Export it with a fixed input size",
                str(error),
            ) from error
        if output.ndim == 4:  # channels and places
            axes = (2, 3) if self.input.channels_first else (1, 2)
            output = output.mean(axis=axes)
        return output.reshape(1, -1)

    def _tensor(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        import cv2

        size = (self.input.width, self.input.height)
        is_larger = picture.shape[0] >= size[1] and picture.shape[1] >= size[0]
        way = cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR
        small = cast("NDArray[np.uint8]", cv2.resize(np.ascontiguousarray(picture), size, interpolation=way))
        values = small[..., ::-1].astype(np.float32)
        if self._scale is not PixelScale.BYTES:
            values /= np.float32(255)
        if self._scale is PixelScale.IMAGENET:
            values = (values - _MEAN) / _DEVIATION
        return np.ascontiguousarray(values.transpose(2, 0, 1) if self.input.channels_first else values)


def model_vectors(model: OnnxModel, file: ImageFile) -> NDArray[np.float32] | None:
    """Return the vectors of a picture (first) and of boxes on it, None where there is no picture."""
    sides = (model.input.width, model.input.height)
    decoded = decode_file(file.path, 4 * max(sides) if file.boxes else 2 * model.input.width)
    if decoded.pixels is None:
        return None
    fractions = upright_fractions(file.boxes, file.declared, decoded.frame)
    return model.vectors([decoded.pixels, *(cut_out(decoded.pixels, box) for box in fractions)])


def _faults(runtime: Any) -> tuple[type[Exception], ...]:  # noqa: ANN401  a module that may be missing
    """Return what onnxruntime raises; its exceptions have no common base of their own."""
    state: Any = runtime.capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException")
    return (*(getattr(state, name) for name in names if hasattr(state, name)), RuntimeError, ValueError)


def _input_of(inputs: Sequence[Any], path: str) -> ModelInput:
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type != "tensor(float)":
        told = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
        raise RequestError(
            f"{Path(path).name} does not take one picture as floating point numbers (it takes {told})",
            "Export the part of the model that turns a picture into a vector",
        )
    shape = [side if isinstance(side, int) else None for side in inputs[0].shape]
    channels_first = shape[3] != 3
    sides = shape[2:] if channels_first else shape[1:3]
    height, width = (side or DEFAULT_SIDE for side in sides)
    return ModelInput(inputs[0].name, height, width, channels_first)
