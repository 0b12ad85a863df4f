"""The README beside a resampling plan and beside class weights: how training code takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.class_weights import corrected_probability

if TYPE_CHECKING:
    from tailwise.domain.class_weights import WeightsOutcome
    from tailwise.domain.resampling import ResamplingExport

_RESAMPLING = """\
Resampling plan: {total:,} items per epoch from {items:,} of {split}

resampling.csv      one line per item: repeat_factor is how often it is used per epoch on average, repeats_int how often
                    in the first epoch, driver_class the class it is repeated for
sampler.json        the same for a sampler: ids, file names, weights and repeat factors, aligned with each other
{epochs}train_repeated.txt  compatibility: the first epoch as a list with lines there several times

How to use it
- Build a mapping from file name (or id) to weight and look every item up in it. Never zip the weights with a list of
  your own: trainers sort their lists, and the order would be another one.
- PyTorch: WeightedRandomSampler(weights, num_samples={total}, replacement=True), weights in the order of your dataset.
- Detectron2 and MMDetection repeat by a threshold instead: RepeatFactorTrainingSampler(repeat_thresh=t) and
  ClassBalancedDataset(oversample_thr=t){thresholds}
- Lists with repeated lines work in Darknet; YOLOv5 and Ultralytics drop or sort repeated lines. For Ultralytics use
  cls_pw where your version has it: 0 off, 0.5 square root, 1 inverse frequency.
- Features learn best from natural epochs: train on those first and use this plan for the last epochs (decoupled
  training, Kang et al. 2020).
- Do not put full inverse class weights on top: repeats times weights correct twice.

Validation and test are not in these files and must never be repeated. This was checked after writing.
"""

_WEIGHTS = """\
Class weights: {scheme} of {unit}, {split}

class_weights.json  sklearn and Keras mappings, a list for PyTorch, positive weights, and every class with its count
class_weights.csv   the classes as a table

How to use it
- scikit-learn: class_weight=document["sklearn"]. Classes without samples are left out of the mapping.
- Keras: JSON has no integer keys, so convert them: {{int(k): w for k, w in document["keras"].items()}}.
- PyTorch: torch.tensor(document["torch"]), ordered by "index"; a class without samples has 0.0 there.
- PyTorch BCEWithLogitsLoss: pos_weight=torch.tensor(document["pos_weight"]), cut at {cap:g}; a class without samples
  has 1.0 there.
- Ultralytics, where your version has cls_pw: {exponent:.2f} comes nearest (0 off, 0.5 square root, 1 inverse).
- {focal}.
- Why this scheme: {rule}.
- A model trained with weights or resampling gives probabilities for the training mix. With the share p_t of a class in
  training and p in truth, a probability x becomes x*(p/p_t) / (x*(p/p_t) + (1-x)*(1-p)/(1-p_t)); 0.9 learned at 50 % is
  {example:.3f} where the class makes up 2 %.
"""

_EPOCHS = "epochs.csv          how often every item is used in each of the {count} epochs laid out\n"


def resampling_readme(data: ResamplingExport) -> str:
    """Return the text beside a resampling plan."""
    outcome = data.outcome
    found = [f"{m.method.value.upper()} t = {m.threshold:.3g}" for m in outcome.comparison if m.threshold is not None]
    text = _RESAMPLING.format(
        total=outcome.total,
        items=outcome.part.items,
        split=f"the split {data.split}" if outcome.part.name else data.split,
        epochs=_EPOCHS.format(count=len(data.columns.repeats)) if len(data.columns.repeats) > 1 else "",
        thresholds=f"; at this total and cap: {', '.join(found)}" if found else "",
    )
    return text + "".join(f"\nNote: {note}." for note in outcome.notes) + ("\n" if outcome.notes else "")


def weights_readme(outcome: WeightsOutcome) -> str:
    """Return the text beside class weights."""
    text = _WEIGHTS.format(
        scheme=outcome.scheme.value,
        unit=outcome.unit.value,
        split=f"split {outcome.part.name}" if outcome.part.name else "all labelled items",
        cap=outcome.request.pos_weight_cap,
        exponent=outcome.exponent,
        focal=outcome.focal,
        rule=outcome.rule,
        example=corrected_probability(0.9, 0.5, 0.02),
    )
    return text + "".join(f"\nNote: {note}." for note in outcome.warnings) + ("\n" if outcome.warnings else "")
