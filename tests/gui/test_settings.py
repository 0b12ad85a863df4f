"""Settings: what is stored comes back, and what cannot be used is replaced, never a crash."""

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QRect, Qt
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from tailwise.gui.settings import MAX_RECENT, REOPEN, SCHEME, SETTINGS, Settings, is_reachable


def reread(settings):
    settings._store.sync()
    return Settings(settings.path)


def test_defaults_hold_until_something_is_set(settings):
    assert settings.text(SCHEME) == "system"
    assert settings.flag(REOPEN) is False


def test_what_is_set_is_announced_and_there_at_the_next_start(qtbot, settings):
    with qtbot.waitSignal(settings.changed) as caught:
        settings.set(SCHEME, "dark")
    settings.set(REOPEN, True)

    assert caught.args == [SCHEME.key]
    assert reread(settings).text(SCHEME) == "dark"
    assert reread(settings).flag(REOPEN) is True


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.key)
def test_garbage_becomes_the_default_and_one_log_line(settings, caplog, setting):
    settings._store.setValue(setting.key, "purple")
    read = settings.text if setting.choices else settings.flag

    assert read(setting) == setting.default
    assert read(setting) == setting.default
    assert caplog.text.count(setting.key) == 1


def test_ini_file_full_of_rubbish_is_survived(qapp, tmp_path, caplog):
    path = tmp_path / "broken.ini"
    path.write_bytes(b"\x00\xff[[[recent\nprojects=]]\n%%%=\n[window]\ngeometry=@Variant(nonsense)\n")

    settings = Settings(path)

    assert settings.recent() == ()
    assert settings.text(SCHEME) == "system"


def test_reset_forgets_preferences_and_layout_but_not_projects(settings, tmp_path):
    settings.set(SCHEME, "dark")
    settings.remember_project(tmp_path / "a.tailwise")
    settings._store.setValue("window/geometry", QByteArray(b"x"))

    settings.reset()

    assert settings.text(SCHEME) == "system"
    assert not settings._store.contains("window/geometry")
    assert [entry.path for entry in settings.recent()] == [str(tmp_path / "a.tailwise")]


def test_recent_projects_are_newest_first_without_repeats_and_bounded(settings, tmp_path):
    for number in range(MAX_RECENT + 3):
        settings.remember_project(tmp_path / f"{number}.tailwise")
    settings.remember_project(tmp_path / "7.tailwise", images=12)
    settings.remember_project(tmp_path / "7.tailwise")

    recent = settings.recent()

    assert len(recent) == MAX_RECENT
    assert recent[0].path.endswith("7.tailwise")
    assert recent[0].images == 12  # a number known before stays
    assert recent[0].is_missing
    assert sum(entry.path.endswith("/7.tailwise") for entry in recent) == 1


@pytest.mark.parametrize("stored", ["{", "[1]", '[{"path": 1, "no": 2}]'])
def test_broken_list_of_recent_projects_is_forgotten(settings, caplog, stored):
    settings._store.setValue("recent/projects", stored)

    assert settings.recent() == ()
    assert "recent projects" in caplog.text


def test_folder_is_remembered_by_purpose_and_home_when_it_is_gone(settings, tmp_path):
    chosen = tmp_path / "sets"
    chosen.mkdir()
    settings.set_folder("dataset", chosen)

    assert settings.folder("dataset") == chosen
    assert settings.folder("project") == Path.home()

    chosen.rmdir()
    assert settings.folder("dataset") == Path.home()


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setObjectName("panes")
    for _ in range(2):
        splitter.addWidget(QWidget())
    window.setCentralWidget(splitter)
    window.resize(600, 400)
    window.show()
    yield window
    window.close()
    window.deleteLater()


def test_window_comes_back_where_it_was_with_its_splitters(settings, window):
    splitter = window.centralWidget()
    window.setGeometry(50, 60, 640, 420)
    splitter.setSizes([100, 500])
    sizes = splitter.sizes()
    settings.save_window(window, "counts")
    window.setGeometry(0, 0, 300, 300)
    splitter.setSizes([250, 250])

    again = reread(settings)
    assert again.restore_window(window)
    again.restore_splitter(splitter)

    assert window.size().width() == 640
    assert splitter.sizes() == sizes
    assert again.last_page() == "counts"


def test_window_saved_on_a_screen_that_is_gone_is_brought_back(settings, window):
    window.setGeometry(9999, 9999, 640, 420)
    settings.save_window(window, "data")

    settings.restore_window(window)

    assert is_reachable(window.geometry())


@pytest.mark.parametrize("stored", ["text", QByteArray(b"no geometry")])
def test_unusable_geometry_leaves_the_window_alone(settings, window, stored):
    settings.save_window(window, "data")
    settings._store.setValue("window/geometry", stored)
    before = window.geometry()

    assert not settings.restore_window(window)
    assert window.geometry() == before


def test_layout_of_an_older_version_is_not_used(settings, window):
    settings.save_window(window, "data")
    settings._store.setValue("window/version", 0)

    assert not settings.restore_window(window)


def test_a_corner_is_not_enough_to_get_hold_of_a_window(qapp):
    screen = qapp.primaryScreen().availableGeometry()

    assert is_reachable(screen)
    assert not is_reachable(QRect(screen.right() - 10, screen.top(), 400, 400))
