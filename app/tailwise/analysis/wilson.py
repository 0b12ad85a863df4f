"""Wilson's interval of a share: what a count of successes says about the rate behind it (Wilson 1927)."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided interval of a rate, both ends within 0..1; (0, 1) without any trial.

    It keeps its coverage for small counts and rates near 0 or 1, where the usual interval collapses to a point.

    Raises:
        ValueError: there are more successes than trials, or one of them is negative.

    >>> [round(end, 6) for end in wilson_interval(1, 10)]
    [0.017876, 0.40415]
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = successes + z * z / 2
    spread = z * sqrt(successes * (trials - successes) / trials + z * z / 4)
    low, high = (middle - spread) / (trials + z * z), (middle + spread) / (trials + z * z)
    # Rounding may leave 1e-18 where the formula says 0 or 1 exactly.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)
