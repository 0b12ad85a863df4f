"""Published datasets beside the checkout; tests that read them skip where the folder is absent."""

import json
import os
from pathlib import Path

import pytest

REAL = Path(os.environ.get("TAILWISE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))

needs_real_data = pytest.mark.skipif(
    not (REAL / "COUNTS.json").is_file(), reason="the published datasets are not beside this checkout"
)


def real_counts() -> dict:
    """Return COUNTS.json: counts made with plain Python by whoever collected the sets."""
    return json.loads((REAL / "COUNTS.json").read_text(encoding="utf-8"))["sets"]
