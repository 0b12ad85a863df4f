"""The commands that plan the same as the Balance page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.class_weights import WeightsRequest
from tailwise.domain.resampling import ResamplingRequest, TargetShape

if TYPE_CHECKING:
    from collections.abc import Iterable


def resample_command(project: str, request: ResamplingRequest) -> list[str]:
    """Return the words of `plan resample`; what is left at its default is left out."""
    words = ["tailwise", "plan", "resample", project]
    words += ["--total", str(request.total)] if request.total is not None else []
    words += ["--cap", f"{request.cap:g}"]
    words += ["--floor", f"{request.floor:g}"] if request.floor is not None else []
    words += ["--target", request.target.value] if request.target is not TargetShape.UNIFORM else []
    words += ["--per-scene"] if request.per_scene else []
    return [*words, *_numbers((("--epochs", request.epochs, 1), ("--seed", request.seed, 0)))]


def weights_command(project: str, request: WeightsRequest) -> list[str]:
    """Return the words of `plan weights`."""
    words = ["tailwise", "plan", "weights", project, "--scheme", request.scheme.value]
    words += ["--unit", request.unit.value] if request.unit is not None else []
    words += ["--normalise", request.normalise.value] if request.normalise is not None else []
    words += ["--beta", f"{request.beta:g}"] if request.beta is not None else []
    words += ["--tiers"] if request.use_tiers else []
    return [*words, *_numbers((("--pos-weight-cap", request.pos_weight_cap, WeightsRequest().pos_weight_cap),))]


def _numbers(options: Iterable[tuple[str, float, float]]) -> list[str]:
    return [word for name, value, default in options if value != default for word in (name, f"{value:g}")]
