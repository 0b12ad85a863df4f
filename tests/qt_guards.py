"""What every test that builds widgets is watched for. Imported only by such tests: this module needs PySide6."""

import gc
import weakref
from contextlib import contextmanager

import pytest
import shiboken6
from PySide6 import QtCore, QtWidgets

STATIC_DIALOGS = {
    QtWidgets.QMessageBox: ("about", "aboutQt", "critical", "information", "question", "warning"),
    QtWidgets.QFileDialog: ("getExistingDirectory", "getOpenFileName", "getOpenFileNames", "getSaveFileName"),
    QtWidgets.QInputDialog: ("getDouble", "getInt", "getItem", "getMultiLineText", "getText"),
    QtWidgets.QColorDialog: ("getColor",),
    QtWidgets.QFontDialog: ("getFont",),
}


class ModalDialogError(AssertionError):
    """A dialog would have waited for a person for ever."""


def isolate_settings(folder):
    """Point QSettings of either format into `folder`; Qt works its own default out only once per process."""
    for file_format in (QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Format.NativeFormat):
        QtCore.QSettings.setPath(file_format, QtCore.QSettings.Scope.UserScope, str(folder))


def forbid_modal_dialogs(monkeypatch):
    """Make every dialog that blocks raise instead. A test that wants to answer one patches it again."""

    def refuse(name):
        def raise_instead(*_args, **_kwargs):
            raise ModalDialogError(f"{name} was called; nobody is there to answer it")

        return raise_instead

    # QMessageBox, QFileDialog and the like inherit exec from QDialog, so one patch covers them.
    monkeypatch.setattr(QtWidgets.QDialog, "exec", refuse("QDialog.exec"))
    monkeypatch.setattr(QtWidgets.QMenu, "exec", refuse("QMenu.exec"))
    for dialog, names in STATIC_DIALOGS.items():
        for name in names:
            monkeypatch.setattr(dialog, name, staticmethod(refuse(f"{dialog.__name__}.{name}")))


@contextmanager
def nothing_left_behind(monkeypatch):
    """Fail when top-level widgets or running timers outlive the block."""
    started = weakref.WeakSet()
    original = QtCore.QTimer.start

    def start(timer, *args):
        started.add(timer)
        original(timer, *args)

    monkeypatch.setattr(QtCore.QTimer, "start", start)
    # Objects, not ids: an id may be given again once its widget is gone.
    before = _top_level_widgets()
    yield
    _deliver_deletions()
    widgets = [w for w in _top_level_widgets() if w not in before]
    timers = [t for t in started if shiboken6.isValid(t) and t.isActive()]
    left = [_describe(o) for o in (*widgets, *timers)]
    if not QtCore.QThreadPool.globalInstance().waitForDone(2000):
        left.append("work in the global thread pool")
    for timer in timers:
        timer.stop()
    for widget in widgets:
        widget.close()
        widget.deleteLater()
    del widgets, timers, before
    _deliver_deletions()
    if left:
        pytest.fail(f"left behind: {', '.join(left)}")


def _top_level_widgets():
    if QtWidgets.QApplication.instance() is None:
        return []
    return [w for w in QtWidgets.QApplication.topLevelWidgets() if shiboken6.isValid(w)]


def _deliver_deletions():
    """Carry out what `deleteLater` asked for; spinning the event loop alone does not."""
    if QtWidgets.QApplication.instance() is not None:
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    gc.collect()


def _describe(thing):
    return f"{type(thing).__name__} {thing.objectName() or '(no name)'}"
