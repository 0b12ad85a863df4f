"""Message boxes, preferences, help and drops: opened without blocking, and read as plain text."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QTextDocument
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QWidget,
)

from tailwise.domain.errors import UserError
from tailwise.gui import messages
from tailwise.gui.dialogs.about_dialog import AboutDialog
from tailwise.gui.dialogs.settings_dialog import SettingsDialog
from tailwise.gui.drop import DropTarget
from tailwise.gui.file_picker import FilePicker
from tailwise.gui.help_view import CONTENTS, HelpDock, read_topic
from tailwise.gui.settings import REOPEN, SCHEME


class Ear(QObject):
    def __init__(self):
        super().__init__()
        self.heard = []

    def hear(self, *values):
        self.heard.append(values)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    window.show()
    yield window
    for dialog in window.findChildren(QWidget):
        if dialog.isWindow():
            dialog.close()
    window.close()
    window.deleteLater()


def test_error_is_laid_out_as_what_why_and_what_to_do(window):
    error = UserError("<b>street</b>.json ends in line 12", "Export it again", "offset 4711")

    box = messages.fail(window, "Import street.json", error)

    assert box.text() == "Import street.json: this could not be done."
    assert box.informativeText() == "<b>street</b>.json ends in line 12.\n\nExport it again."
    assert box.detailedText() == "offset 4711"
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert box.isVisible()
    assert box.windowModality() == Qt.WindowModality.WindowModal


def test_error_without_a_title_leads_with_the_reason(window):
    box = messages.fail(window, "", UserError("The disk is full"))

    assert (box.text(), box.informativeText()) == ("The disk is full.", "")


def test_telling_and_warning_differ_in_their_sign(window):
    assert messages.tell(window, "Done.").icon() == QMessageBox.Icon.Information
    assert messages.warn(window, "Doubtful.", "Look.").icon() == QMessageBox.Icon.Warning


@pytest.mark.parametrize(("is_destructive", "default"), [(False, "Replace"), (True, "Cancel")])
def test_question_calls_what_belongs_to_the_answer(window, is_destructive, default):
    ear = Ear()
    box = messages.ask(
        window, "Replace it?", "It is there already.", (("Replace", ear.hear),), destructive=is_destructive
    )
    assert box.defaultButton().text().replace("&", "") == default

    next(button for button in box.findChildren(QPushButton) if button.text() == "Replace").click()

    assert len(ear.heard) == 1


def test_question_left_with_escape_calls_nothing(window):
    ear = Ear()
    box = messages.ask(window, "Replace it?", "", (("Replace", ear.hear),))

    box.escapeButton().click()

    assert ear.heard == []


def test_preferences_take_effect_at_once_and_can_be_reset(qtbot, window, settings):
    dialog = SettingsDialog(settings, window)
    dialog.show()
    scheme, reopen = dialog.findChild(QComboBox, SCHEME.key), dialog.findChild(QCheckBox, REOPEN.key)

    scheme.setCurrentIndex(scheme.findData("dark"))
    scheme.activated.emit(scheme.currentIndex())
    reopen.click()
    assert (settings.text(SCHEME), settings.flag(REOPEN)) == ("dark", True)

    dialog.findChild(QPushButton, "reset-settings").click()
    assert (settings.text(SCHEME), settings.flag(REOPEN)) == ("system", False)
    assert (scheme.currentData(), reopen.isChecked()) == ("system", False)


def test_versions_can_be_copied_from_about(window, qapp):
    dialog = AboutDialog(Path("/home/lead/tailwise.log"), window)
    next(button for button in dialog.findChildren(QPushButton) if "Copy" in button.text()).click()

    text = qapp.clipboard().text()
    assert "Tailwise" in text
    assert "PySide6 6" in text
    assert "tailwise.log" in text
    dialog.close()


def test_chosen_path_is_delivered_and_its_folder_remembered(qtbot, window, settings, tmp_path):
    ear = Ear()
    file = tmp_path / "street.json"
    file.write_text("{}")
    picker = FilePicker(settings)

    dialog = picker.pick(window, "open-file", "dataset", "Choose", ear.hear, name_filter="JSON (*.json)")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(file))
    dialog.close()

    assert ear.heard == [(str(file),)]
    assert settings.folder("dataset") == tmp_path


def test_saving_offers_a_name_and_adds_the_suffix(window, settings, tmp_path):
    settings.set_folder("project", tmp_path)

    dialog = FilePicker(settings).pick(
        window, "save-file", "project", "New", Ear().hear, name_filter="Projects (*.tailwise)", suggestion="a.tailwise"
    )

    assert dialog.defaultSuffix() == "tailwise"
    assert dialog.selectedFiles() == [str(tmp_path / "a.tailwise")]
    dialog.close()


@pytest.fixture
def dock(window, monkeypatch, tmp_path):
    (tmp_path / "help").mkdir()
    for topic, text in (
        ("glossary", "# Words we use"),
        ("data", "# Data\n![x](x.svg)\n[web](https://x.y)"),
        ("start", "# Begin here\n[Data](data.md)"),
    ):
        (tmp_path / "help" / f"{topic}.md").write_text(text)
    (tmp_path / "help" / "x.svg").write_text("<svg/>")

    def find(relative):
        path = tmp_path / relative
        if not path.exists():
            raise FileNotFoundError(relative)
        return path

    monkeypatch.setattr("tailwise.gui.help_view.resource_path", find)
    dock = HelpDock(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    return dock


def test_help_opens_at_a_topic_and_goes_back(dock):
    dock.show_topic("start")
    dock.browser.anchorClicked.emit(QUrl("data.md"))
    assert dock.browser.toPlainText().startswith("Data")

    dock.browser.back()

    assert dock.isVisible()
    assert dock.browser.topic == "start"
    assert dock.browser.toPlainText().startswith("Begin here")


def test_contents_list_the_pages_in_order_and_then_the_rest(dock):
    dock.show_topic(CONTENTS)

    assert dock.browser.toPlainText().split("\n") == ["Contents", "Begin here", "Data", "Words we use"]


def test_topic_that_is_not_shipped_shows_the_contents(dock):
    dock.show_topic("no-such-page")

    assert dock.browser.toPlainText().startswith("Contents")
    assert read_topic("no-such-page") is None


def test_help_loads_its_own_pictures_and_nothing_from_the_network(dock):
    kind = QTextDocument.ResourceType.ImageResource.value
    dock.show_topic("data")
    dock.browser.anchorClicked.emit(QUrl("https://x.y"))

    assert dock.browser.topic == "data"
    assert dock.browser.loadResource(kind, QUrl("x.svg")) == b"<svg/>"
    assert dock.browser.loadResource(kind, QUrl("https://x.y/a.png")) is None
    assert dock.browser.loadResource(kind, QUrl("../secret.png")) is None


@pytest.fixture
def target(window):
    return DropTarget(window)


def drop(window, *urls):
    mime = QMimeData()
    mime.setUrls([QUrl(url) if "://" in url else QUrl.fromLocalFile(url) for url in urls])
    action, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), action, mime, button, key)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), action, mime, button, key))
    return enter.isAccepted()


def test_dropped_folder_is_a_dataset_and_a_project_file_is_a_project(qtbot, window, target, tmp_path):
    project = tmp_path / "a.tailwise"
    project.write_text("")
    ear = Ear()
    target.dataset_dropped.connect(lambda path: ear.hear("dataset", path))
    target.project_dropped.connect(lambda path: ear.hear("project", path))

    assert drop(window, str(tmp_path))
    assert drop(window, str(project))

    assert ear.heard == [("dataset", str(tmp_path)), ("project", str(project))]


def test_two_things_at_once_are_refused_with_a_sentence(qtbot, window, target, tmp_path):
    with qtbot.waitSignal(target.refused) as caught:
        drop(window, str(tmp_path), str(tmp_path))

    assert caught.args[0].startswith("Drop one")


def test_address_of_the_network_is_not_taken(window, target):
    assert not drop(window, "https://example.org/coco.zip")


def test_hovering_is_shown_and_taken_back(window, target, tmp_path):
    ear = Ear()
    target.hover_changed.connect(ear.hear)

    drop(window, str(tmp_path))
    QApplication.sendEvent(window, QDragLeaveEvent())

    assert ear.heard == [(True,), (False,), (False,)]
