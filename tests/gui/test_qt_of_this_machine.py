"""Faults of Qt builds and neighbours that have been met in the wild, each kept dead by a test (qt pitfalls P1 to P3)."""

import os
import subprocess
import sys

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter


def run_python(code, **variables):
    # Without a display and without the platform our own tests ask for.
    kept = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**kept, **variables}, capture_output=True, text=True, timeout=120)


def test_painting_does_not_use_up_references_to_none(qapp):
    """PySide6 6.12.0 takes one reference to None per void call and aborts on Python 3.11 after a few thousand."""
    image = QImage(16, 16, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    before = sys.getrefcount(None)

    for _ in range(500):
        painter.save()
        painter.setPen(QColor("black"))
        painter.setBrush(Qt.BrushStyle.SolidPattern)
        painter.fillRect(QRect(0, 0, 4, 4), QColor("white"))
        painter.drawRect(1, 1, 3, 3)
        painter.restore()

    lost = before - sys.getrefcount(None)
    painter.end()
    assert lost < 250


def test_opencv_is_the_one_without_qt_and_leaves_the_environment_alone():
    code = (
        "import os, PySide6.QtWidgets, cv2, cv2.version, pyqtgraph\n"
        "print(cv2.version.headless, sorted(k for k in os.environ if k.startswith('QT_QPA')))"
    )
    done = run_python(code)

    assert done.stdout.strip() == "True []", done.stderr


def test_without_a_display_the_window_says_so_in_a_sentence_and_ends_with_2():
    done = run_python("import sys; sys.argv[1:] = []; from tailwise.__main__ import main; main()")

    assert done.returncode == 2, (done.returncode, done.stderr)
    assert "display" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
