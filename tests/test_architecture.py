"""Imports point down only, and the contracts that say so would notice if one did not."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# One deliberate wrong import per contract that any module could break: where, what, which contract must notice.
WRONG_IMPORTS = {
    "domain/planted.py": ("import numpy", "The domain needs only the standard library"),
    "planning/planted.py": ("from PySide6 import QtCore", "Qt stays in gui"),
    "analysis/planted.py": ("import sqlite3", "SQL stays in storage"),
    "formats/planted.py": ("from tailwise.planning import planted", "Layers point downwards"),
    "gui/planted.py": ("from tailwise.storage import project_file", "Only use cases open the project file"),
    "usecases/planted.py": ("import http.client", "Offline: no network client"),
}


def contracts(folder):
    """Run import-linter in a folder that holds pyproject.toml and app/, in a process of its own; return its report."""
    code = (
        "import sys; sys.path.insert(0, 'app')\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True, no_logo=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_every_contract_is_kept():
    code, report = contracts(ROOT)

    assert code == 0, report


def test_the_contracts_notice_wrong_imports(tmp_path):
    package = tmp_path / "app" / "tailwise"
    shutil.copytree(ROOT / "app" / "tailwise", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for where, (line, _) in WRONG_IMPORTS.items():
        (package / where).write_text(f"{line}\n", encoding="utf-8")

    code, report = contracts(tmp_path)

    assert code != 0
    unnoticed = [name for _, name in WRONG_IMPORTS.values() if f"{name} BROKEN" not in report]
    assert unnoticed == [], report


def test_an_undeclared_package_is_noticed(tmp_path):
    package = tmp_path / "app" / "tailwise"
    shutil.copytree(ROOT / "app" / "tailwise", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (package / "utilities").mkdir()
    (package / "utilities" / "__init__.py").write_text("", encoding="utf-8")

    code, report = contracts(tmp_path)

    assert code != 0
    assert "tailwise.utilities" in report


def test_the_command_line_imports_no_qt_and_nothing_heavy():
    code = (
        "import sys, tailwise.cli\n"
        "heavy = {'PySide6', 'pyqtgraph', 'pandas', 'sklearn', 'scipy', 'cv2', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
