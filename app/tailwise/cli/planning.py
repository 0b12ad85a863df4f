"""Commands that plan and hand out: plan quota, split, export."""

from __future__ import annotations

COMMANDS = ()
