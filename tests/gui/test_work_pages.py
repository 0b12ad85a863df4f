"""What every work page keeps: a name for each control, a keyboard way to each, and nothing left when it goes."""

import gc
import importlib
import weakref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QWidget,
)

from tailwise.domain.coverage import ItemFilter
from tailwise.gui import theme
from tailwise.gui.pages import PAGES, UNLISTED
from tailwise.gui.panes import takes_focus
from tailwise.gui.widgets.segments import Segments

WAIT = 60_000
WORK = [
    entry for entry in (*PAGES, *UNLISTED) if entry.key in {"counts", "items", "classes", "plan", "splits", "export"}
]


def settle(qtbot, session):
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=WAIT)


def build(qtbot, session, entry, *, keep=True):
    page = getattr(importlib.import_module(entry.module), entry.class_name)(session)
    if keep:
        qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.refresh()
    settle(qtbot, session)
    return page


def settle_page(qtbot, session, page):
    qtbot.waitUntil(lambda: page.states.state in {"content", "empty"}, timeout=WAIT)
    settle(qtbot, session)


@pytest.fixture(params=WORK, ids=lambda entry: entry.key)
def entry(request):
    return request.param


def name_of(widget):
    if isinstance(widget, QAbstractButton):
        return widget.accessibleName() or widget.text()
    if isinstance(widget, QLineEdit):
        return widget.accessibleName() or widget.placeholderText()
    return widget.accessibleName()


def test_every_control_has_a_name_for_screen_readers(qtbot, opened, entry):
    page = build(qtbot, opened, entry)
    settle_page(qtbot, opened, page)
    inner = (QLineEdit, QWidget)
    controls = [w for w in page.findChildren(QWidget) if takes_focus(w) and not isinstance(w, QScrollArea | QLabel)]

    nameless = [
        f"{type(w).__name__} in {type(w.parent()).__name__}"
        for w in controls
        if not name_of(w) and not (isinstance(w, inner) and name_of(w.parent()))
    ]

    assert controls
    assert nameless == []


def test_every_splitter_has_a_name_to_be_remembered_by(qtbot, opened, entry):
    page = build(qtbot, opened, entry)

    names = [splitter.objectName() for splitter in page.findChildren(QSplitter)]

    assert all(name.startswith(entry.key) for name in names)
    assert len(set(names)) == len(names)


def test_a_page_that_is_gone_leaves_nothing_behind(qtbot, opened, entry):
    page = build(qtbot, opened, entry, keep=False)
    gone = weakref.ref(page)

    page.close()
    page.deleteLater()
    del page
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()

    assert gone() is None


def test_closing_the_project_empties_the_page_and_results_that_come_late_are_dropped(qtbot, opened, entry):
    page = build(qtbot, opened, entry)
    page.refresh()

    opened.close_project()
    qtbot.waitUntil(lambda: not opened.is_busy, timeout=WAIT)

    in_combos = {view for combo in page.findChildren(QComboBox) for view in combo.findChildren(QAbstractItemView)}
    views = [
        view for view in page.findChildren(QAbstractItemView) if view.model() is not None and view not in in_combos
    ]
    listed = {type(v).__name__: v.model().rowCount() for v in views if v.model().rowCount() and entry.key != "plan"}
    assert listed == {}


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK], ids=str)
def test_pages_follow_the_scheme(qtbot, qapp, opened, entry, scheme):
    theme.apply_scheme(qapp, scheme)
    page = build(qtbot, opened, entry)
    settle_page(qtbot, opened, page)
    image = page.grab().toImage()
    darkness = [
        image.pixelColor(x, y).lightness() for x in range(0, image.width(), 40) for y in range(0, image.height(), 40)
    ]

    share_dark = sum(1 for value in darkness if value < 128) / len(darkness)

    assert share_dark > 0.6 if scheme is theme.Scheme.DARK else share_dark < 0.4


def test_segments_are_chosen_by_click_and_by_arrow_keys(qtbot):
    segments = Segments("Count", [("images", "Images"), ("objects", "Objects"), ("pixels", "Pixels")])
    qtbot.addWidget(segments)
    segments.show()
    chosen = []
    segments.chosen.connect(chosen.append)
    first, second, third = segments._buttons.values()

    third.click()
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    segments.choose("images")

    assert chosen == ["pixels", "objects"]
    assert segments.current() == "images"
    assert second.accessibleName() == "Count: Objects"


def test_items_go_back_to_where_the_number_was(qtbot, opened):
    from tailwise.gui.navigation import CLASSES, ShowItems
    from tailwise.gui.pages.items import ItemsPage

    page = ItemsPage(opened)
    qtbot.addWidget(page)
    page.show()
    page.open_payload(ShowItems(ItemFilter(), came_from=CLASSES))
    settle(qtbot, opened)

    with qtbot.waitSignal(page.page_requested) as requested:
        page.back.click()

    assert page.back.text() == "‹ Classes"
    assert requested.args == ["classes", None]
