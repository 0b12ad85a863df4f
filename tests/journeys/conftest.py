"""A real window per test, left properly."""

import pytest
from PySide6.QtCore import Qt

from tailwise.gui import theme
from tailwise.gui.main_window import MainWindow
from tailwise.gui.session import Session
from tailwise.gui.settings import Settings

GUI_WAIT = 90_000


@pytest.fixture
def window(qtbot, qapp, tmp_path):
    settings = Settings(tmp_path / "settings" / "tailwise.ini")
    for purpose in ("project", "export"):
        settings.set_folder(purpose, tmp_path)
    session = Session(settings=settings)
    window = MainWindow(session, tmp_path / "tailwise.log")
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
    window.resize(1280, 800)
    window.show()
    yield window
    if not window._may_leave:
        with qtbot.waitSignal(session.ready_to_quit, timeout=GUI_WAIT):
            window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=GUI_WAIT)
    assert session.runner.close()
    window.deleteLater()
    session.deleteLater()
    theme.apply_scheme(qapp, theme.Scheme.LIGHT)
