"""Hold each part of the program to its share of tested lines and branches.

Run by test.sh on the JSON report of coverage. A gate may be raised, never lowered.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# Least percentage of lines and branches together, by the beginning of the path below app/tailwise; first match counts.
GATES = {
    "domain/": 97,
    "ops/": 98,
    "planning/": 94,
    "storage/schema.py": 94,
    "gui/": 90,
    "": 95,
}


def percentages(report: dict) -> dict[str, float]:
    """Return the covered percentage by gate; a gate nothing falls under is left out."""
    covered = dict.fromkeys(GATES, 0)
    total = dict.fromkeys(GATES, 0)
    for name, file in report["files"].items():
        below = name.replace("\\", "/").partition("tailwise/")[2]
        gate = next(prefix for prefix in GATES if below.startswith(prefix))
        summary = file["summary"]
        covered[gate] += summary["covered_lines"] + summary["covered_branches"]
        total[gate] += summary["num_statements"] + summary["num_branches"]
    return {gate: 100 * covered[gate] / total[gate] for gate in GATES if total[gate]}


def main() -> int:
    """Print one line per gate and return 1 if any is missed."""
    found = percentages(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for gate, percent in found.items():
        verdict = "ok" if percent >= GATES[gate] else f"below {GATES[gate]} %"
        print(f"  {gate or 'everything else':<20}{percent:6.1f} %  {verdict}")
    return int(any(percent < GATES[gate] for gate, percent in found.items()))


if __name__ == "__main__":
    sys.exit(main())
