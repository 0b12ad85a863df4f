"""The balance page: numbers follow the controls, plans are kept, the command does the same, classes open their images."""

import shlex

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPixmap

from builders import a_project, a_source
from tailwise.gui import theme
from tailwise.gui.models.balance_tables import BARS_ROLE
from tailwise.gui.navigation import ExportThis
from tailwise.gui.pages.balance import BalancePage
from tailwise.usecases.resampling import stored_resampling
from tailwise.usecases.weights import stored_weights

WAIT = 60_000


@pytest.fixture
def project_path(tmp_path):
    """Ninety images of cars, ten of them with a wheelchair; thirty of all are held out."""
    labels = {f"{k:03}.jpg": {"car": 2} | ({"wheelchair": 1} if k % 9 == 0 else {}) for k in range(90)}
    names = list(labels)
    path = tmp_path / "street.tailwise"
    a_project(path, a_source(labels, splits={"train": names[:60], "val": names[60:]})).close()
    return path


@pytest.fixture
def page(qtbot, opened):
    page = BalancePage(opened)
    qtbot.addWidget(page)
    page.resize(1240, 760)
    page.show()
    page.refresh()
    settle(qtbot, page)
    return page


def settle(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle and not page.resampling._timer.isActive(), timeout=WAIT)


def effective(page):
    return {r.name: r.effective for r in page.resampling.classes.records()}


def test_the_page_begins_with_the_training_split_and_follows_the_numbers(qtbot, page):
    assert page.states.state == "content"
    assert page.resampling.total.value() == 90, (
        "half as many again as the 60 training items, which hold several classes"
    )
    assert effective(page)["wheelchair"] == pytest.approx(35)

    page.resampling.total_slider.setValue(60)
    settle(qtbot, page)
    assert effective(page)["wheelchair"] == pytest.approx(7), "no room for repeats"

    page.resampling.total_slider.setValue(90)
    page.resampling.cap_slider.setValue(40)
    settle(qtbot, page)

    assert (page.resampling.total.value(), page.resampling.cap.value()) == (90, 4.0)
    assert effective(page)["wheelchair"] == pytest.approx(28)
    assert page.resampling.uses.figure() == "4"
    methods = [line.name for line in page.resampling.methods.records()]
    assert methods == ["As it is", "Target program", "RFS", "IRFS"]
    before, after, aimed = page.resampling.classes.index(0, 1).data(BARS_ROLE)
    assert 0 < before < after == 1.0
    assert aimed > 0


def test_what_cannot_be_met_is_answered_in_place(qtbot, page):
    page.resampling.total.setValue(600)
    settle(qtbot, page)
    assert "short by 300" in page.resampling.notes.text()

    page.resampling.floor.setValue(9.0)
    settle(qtbot, page)
    assert "above the cap" in page.resampling.notes.text()
    assert not page.keep.isEnabled()


def test_a_kept_plan_is_what_exports_mean_and_weights_show_its_product(qtbot, page, opened):
    page.resampling.total.setValue(90)
    settle(qtbot, page)
    page.keep.click()
    settle(qtbot, page)

    assert stored_resampling(opened.project).request.total == 90
    wheelchair = next(r for r in page.weights.weights.records() if r.name == "wheelchair")
    assert wheelchair.multiplier == pytest.approx(5.0)
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.hand_out.click()
    assert asked.args == ["export", ExportThis("resampling")]


def test_weights_follow_their_choices_and_are_kept(qtbot, page, opened):
    page.which._buttons["weights"].click()
    page.weights.scheme.setCurrentIndex(page.weights.scheme.findData("effective"))
    page.weights.beta.setValue(0.9)
    page.weights.tiers.setChecked(True)
    settle(qtbot, page)
    page.keep.click()
    settle(qtbot, page)

    assert "chosen by hand, beta 0.9" in page.weights.rule.text()
    assert stored_weights(opened.project).request == page.weights.request()
    again = BalancePage(opened)
    qtbot.addWidget(again)
    again.refresh()
    settle(qtbot, again)
    assert again.weights.request() == page.weights.request()


def test_the_commands_say_what_the_page_shows(qtbot, page):
    page.resampling.total.setValue(90)
    page.resampling.target._buttons["sqrt"].click()
    page.resampling.per_scene.setChecked(True)
    page.resampling.seed.setValue(3)
    settle(qtbot, page)
    page.copy_command.click()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:3] == ["tailwise", "plan", "resample"]
    assert words[4:] == ["--total", "90", "--cap", "5", "--target", "sqrt", "--per-scene", "--seed", "3"]

    page.which._buttons["weights"].click()
    page.copy_command.click()
    assert shlex.split(QGuiApplication.clipboard().text())[4:] == ["--scheme", "auto"]


def test_a_class_opens_its_training_images(qtbot, page):
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.resampling.classes_view.activated.emit(page.resampling.classes.index(1, 0))

    key, payload = asked.args
    assert key == "items"
    assert payload.which.where == (("split", "train"),)
    assert payload.which.classes == ("wheelchair",)


@pytest.mark.parametrize("scheme", list(theme.Scheme)[1:])
def test_the_bars_are_drawn_and_everything_has_a_name(qtbot, page, qapp, scheme, qtmodeltester):
    theme.apply_scheme(qapp, scheme)
    view = page.resampling.classes_view
    view.select_row(0)
    picture = QPixmap(view.viewport().size())
    view.viewport().render(picture)

    area = view.visualRect(page.resampling.classes.index(1, 1))
    colours = {picture.toImage().pixelColor(area.left() + 12, y).name() for y in range(area.top(), area.bottom())}
    assert theme.Data.BLUE.lower() in colours
    assert all(view.horizontalHeader().model().headerData(k, Qt.Orientation.Horizontal) for k in range(7))
    qtmodeltester.check(page.resampling.classes)


def test_a_closed_project_leaves_nothing_on_the_page(qtbot, page, opened):
    with qtbot.waitSignal(opened.closed, timeout=WAIT):
        opened.close_project()

    assert page.resampling.classes.rowCount() == 0


def test_without_labels_the_page_says_what_to_do(qtbot, session, tmp_path):
    path = tmp_path / "empty.tailwise"
    a_project(path, a_source({}, pool=("a.jpg",))).close()
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path)
    page = BalancePage(session)
    qtbot.addWidget(page)
    page.refresh()
    settle(qtbot, page)

    assert page.states.state == "empty"
    with qtbot.waitSignal(page.page_requested, timeout=WAIT) as asked:
        page.states.empty_button_clicked.emit()
    assert asked.args[0] == "data"
