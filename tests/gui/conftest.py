"""What tests of the window share: a session with settings of its own, and a window that is left properly."""

import pytest
from PySide6.QtWidgets import QApplication

from builders import a_project, a_source
from tailwise.gui import theme
from tailwise.gui.session import Session
from tailwise.gui.settings import Settings

GUI_WAIT = 20_000


@pytest.fixture
def settings(qapp, tmp_path):
    return Settings(tmp_path / "settings" / "tailwise.ini")


@pytest.fixture
def session(qtbot, settings):
    session = Session(settings=settings)
    yield session
    with qtbot.waitSignal(session.ready_to_quit, timeout=GUI_WAIT):
        session.shut_down()
    assert session.runner.close()
    session.deleteLater()


@pytest.fixture
def project_path(tmp_path):
    """A project of two sources with findings, a pool and classes."""
    path = tmp_path / "street.tailwise"
    labelled = a_source(
        {"a.jpg": {"car": 3}, "b.jpg": {"car": 1, "wheelchair": 1}, "c.jpg": {}},
        name="street",
        conditions={"lighting": {"a.jpg": "day", "b.jpg": "night"}},
    )
    pool = a_source({}, name="drive", pool=("d.jpg", "e.jpg"))
    a_project(path, labelled, pool).close()
    return path


@pytest.fixture
def opened(qtbot, session, project_path):
    """The session with that project open."""
    with qtbot.waitSignal(session.opened, timeout=GUI_WAIT):
        session.open_project(project_path)
    return session


@pytest.fixture(autouse=True)
def _light(qapp):
    """Begin and end every test in the light scheme."""
    theme.apply_scheme(qapp, theme.Scheme.LIGHT)
    yield
    assert isinstance(qapp, QApplication)
    theme.apply_scheme(qapp, theme.Scheme.LIGHT)
