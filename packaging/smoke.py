"""Start an installed Tailwise as a stranger would and take it through its main job.

    python packaging/smoke.py [PROGRAM]

PROGRAM is what was installed or built (default: `tailwise` on the search path). It is run with an empty home and no
display; then once with a window that nobody sees. Needs only the standard library, so it runs wherever Python does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WINDOW_SECONDS = 6.0
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")


class SmokeError(Exception):
    """The installed program does not do its job."""


def environment(home: Path) -> dict[str, str]:
    """Return what the program may see: an empty home and no display."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), "XDG_CONFIG_HOME": str(home / "config")}


def call(program: str, home: Path, *arguments: str) -> dict:
    """Run one command with --json and return its document."""
    started = time.monotonic()
    command = [program, *arguments, "--json"]
    done = subprocess.run(command, env=environment(home), cwd=home, capture_output=True, text=True, timeout=300)
    print(f"{time.monotonic() - started:6.1f} s  {' '.join(arguments[:3])}", flush=True)
    if done.returncode != 0 or "Traceback" in done.stderr:
        raise SmokeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def expect(truth: object, what: str) -> None:
    """Stop unless `truth` holds."""
    if not truth:
        raise SmokeError(what)


def main_job(program: str, home: Path) -> Path:
    """Demo, facts, counts, plan, split, exports; return the project."""
    project = Path(call(program, home, "demo", str(home / "demo"), "--no-window")["project"])
    facts = call(program, home, "info", str(project))
    expect(facts["objects"] > 500 and facts["classes"] == 7, f"the demo holds {facts}")
    rows = call(program, home, "counts", str(project), "--by", "lighting")["rows"]
    gap = [r["count"] for r in rows if r["class"] == "crack" and r["lighting"] == "backlit"]
    expect(gap in ([], [0]), f"cracks under backlight: {gap}")
    ratios = ("--ratio", "train=0.7", "--ratio", "val=0.15", "--ratio", "test=0.15")
    checks = call(program, home, "split", str(project), *ratios, "--group", "part", "--seed", "7")["checks"]
    expect(not checks["cut_groups"], f"the split cuts groups: {checks}")
    plan = call(program, home, "plan", "quota", str(project), str(sprint(program)))
    expect(plan["lines"], f"the plan is empty: {plan}")
    for kind in ("work-order", "splits"):
        files = call(program, home, "export", str(project), kind, "--to", str(home / kind))["files"]
        expect(files and all((home / kind / f["path"]).is_file() for f in files), f"{kind}: {files}")
    return project


def sprint(program: str) -> Path:
    """Return the quota request that was shipped with the program, or that of this checkout."""
    beside = list(Path(program).resolve().parent.rglob("resources/demo/sprint.toml"))
    return beside[0] if beside else Path(__file__).parents[1] / "resources" / "demo" / "sprint.toml"


def window(program: str, home: Path, project: Path) -> None:
    """Open the project in a window, leave it alone for a while, and end it as a desktop session would."""
    seen = {**environment(home), "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen([program, "open", str(project)], env=seen, cwd=home, stderr=subprocess.PIPE, text=True)
    try:
        process.wait(WINDOW_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        expect(process.returncode == 0 and "Traceback" not in said, f"the window ended {process.returncode}: {said}")
        print(f"{WINDOW_SECONDS:6.1f} s  window opened, and closed when told to", flush=True)
    else:
        raise SmokeError(f"the window closed at once with {process.returncode}: {process.communicate()[1]}")


def main() -> int:
    """Run the whole of it in a folder of its own; 0 when all is well."""
    program = shutil.which(sys.argv[1] if len(sys.argv) > 1 else "tailwise")
    if program is None:
        print("no such program", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="tailwise-smoke-") as folder:
        try:
            project = main_job(str(Path(program).absolute()), Path(folder))
            if os.name == "posix":
                window(str(Path(program).absolute()), Path(folder), project)
        except (SmokeError, KeyError, subprocess.TimeoutExpired) as error:
            print(f"smoke test failed: {error!r}" if isinstance(error, KeyError) else f"smoke test failed: {error}")
            return 1
    print("smoke test passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
