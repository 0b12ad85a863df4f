"""The heat map: numbers stay legible, keys do what they say, and the exported figure is the one on screen."""

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest

from coverage_builders import a_count_table, a_wide_table
from tailwise.domain.errors import ExportTargetError
from tailwise.gui.models.count_table import CountTableModel, RowOrder, ValueMode
from tailwise.gui.theme import DARK, LIGHT, contrast
from tailwise.gui.widgets.heatmap import HeatLegend, HeatMapView
from tailwise.gui.widgets.heatmap_figure import figure_size, page_rows, paint_heatmap, save_pdf, save_png
from tailwise.gui.widgets.heatmap_paint import Scale, layout_for, shades


@pytest.fixture
def model(qapp):
    model = CountTableModel()
    model.set_table(a_count_table())
    return model


@pytest.fixture
def view(qtbot, model):
    view = HeatMapView(model)
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.setFocus()
    view.setCurrentIndex(model.index(0, 0))
    return view


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("scale", list(Scale), ids=lambda s: s.name)
def test_every_number_reads_on_its_colour(theme, scale):
    for fill, ink in shades(scale, theme.is_dark):
        assert contrast(ink.name(), fill.name()) >= 4.5
    for ink in (theme.muted, theme.alert, theme.text):
        assert contrast(ink, theme.base) >= 4.5


def test_arrows_move_the_cursor_and_enter_opens_the_cell_or_with_shift_the_class(qtbot, view):
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.cell_opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [1, 1]

    with qtbot.waitSignal(view.cell_opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert opened.args == [1, -1]


def test_shift_arrows_select_a_block_and_copying_gives_plain_numbers(view):
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)

    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "5700\t300\n2000\t500"

    view.copy_block(with_headers=True)
    assert QGuiApplication.clipboard().text() == "class\tday\tnight\nCar\t5700\t300\nPedestrian\t2000\t500"


def test_a_double_click_opens_what_is_under_the_pointer_and_headers_open_whole_lines(qtbot, view, model):
    with qtbot.waitSignal(view.cell_opened) as opened:
        place = view.visualRect(model.index(3, 1)).center()
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args == [3, 1]

    with qtbot.waitSignal(view.cell_opened) as opened:
        header = view.horizontalHeader()
        place = QPoint(header.sectionViewportPosition(1) + 5, header.height() - 5)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args == [-1, 1]


def test_a_cell_says_its_whole_sentence_to_a_screen_reader(view):
    table = QAccessible.queryAccessibleInterface(view)

    said = [table.child(k).text(QAccessible.Text.Name) for k in range(table.childCount())]

    assert "Wheelchair, night: 0 objects, 24.3 expected, empty" in said
    assert len(said) == 4 * 2 + 4 + 2 + 1, "cells, headers of rows and columns, corner"


def test_only_visible_cells_are_asked_for(qtbot):
    model = CountTableModel()
    model.set_table(a_wide_table(1200, 40))
    asked = []
    original = model.heat.cell
    object.__setattr__(model.heat, "cell", lambda r, c: asked.append((r, c)) or original(r, c))
    view = HeatMapView(model)
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()

    view.grab()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    view.grab()

    assert 10 * 4 < len(set(asked)) < 60 * 12
    assert (min(asked)[0], max(asked)[0]) == (0, 1199)


def test_selecting_everything_and_painting_stays_quick_with_many_cells(qtbot):
    model = CountTableModel()
    model.set_table(a_wide_table(1200, 200))
    view = HeatMapView(model)
    qtbot.addWidget(view)
    everything = QItemSelection(model.index(0, 0), model.index(1199, 199))
    asked = []
    original = model.data
    model.data = lambda index, role=0: asked.append(role) or original(index, role)

    view.selectionModel().select(everything, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    view.grab()

    assert len(asked) < 100, "painting asks the model for no cell"
    assert view.selected_block() == (range(1200), range(200))


def test_outer_axis_stands_in_a_band_above_and_long_labels_turn_upright():
    flat = CountTableModel()
    flat.set_table(a_count_table())
    wide = CountTableModel()
    wide.set_table(
        a_count_table(
            {"Car": (1, 2)},
            (("a", "an uncommonly-long-label-without-any-space"), ("b", "x")),
            ("camera", "weather"),
        )
    )

    assert (layout_for(flat.heat, QFont()).band_count, layout_for(flat.heat, QFont()).is_upright) == (0, False)
    assert (layout_for(wide.heat, QFont()).band_count, layout_for(wide.heat, QFont()).is_upright) == (1, True)


@pytest.mark.parametrize("mode", list(ValueMode), ids=lambda m: m.value)
def test_the_exported_figure_has_the_colours_of_the_screen(view, model, mode):
    model.set_mode(mode)
    shown = view.grab().toImage()
    figure = QImage(900, 500, QImage.Format.Format_RGB32)
    painter = QPainter(figure)
    painter.setFont(view.font())
    paint_heatmap(painter, QRectF(figure.rect()), model.heat, LIGHT)
    painter.end()
    sizes = layout_for(model.heat, view.font())  # the view may stretch its columns, a figure does not
    legend = 16 + 3 * (view.fontMetrics().height() + 4)
    bottom = figure_size(model.heat, view.font(), range(4)).height() - 16 - legend
    # Right of the digits, within the cursor.
    inside, at = QPoint(int(sizes.cell_width) - 5, int(sizes.row_height / 2)), view.viewport().pos()

    for row in range(4):
        for column in range(2):
            cell = view.visualRect(model.index(row, column))
            on_screen = at + cell.topLeft() + QPoint(cell.width() - 5, cell.height() // 2)
            left = 16 + sizes.row_header_width + column * sizes.cell_width
            in_figure = QPoint(int(left), int(bottom - (4 - row) * sizes.row_height)) + inside
            assert QColor(shown.pixel(on_screen)) == QColor(figure.pixel(in_figure)), (row, column)


def test_a_picture_and_a_document_are_written_whole_or_not_at_all(tmp_path, model, qapp):
    png, pdf = tmp_path / "heat.png", tmp_path / "heat.pdf"

    assert save_png(png, model.heat, QFont()) == png.stat().st_size
    assert save_pdf(pdf, model.heat, QFont()) == pdf.stat().st_size

    natural = figure_size(model.heat, QFont(), range(4))
    assert QImage(str(png)).size() == QSize(int(natural.width() * 2), int(natural.height() * 2))
    assert pdf.read_bytes().startswith(b"%PDF")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["heat.pdf", "heat.png"]
    for save in (save_png, save_pdf):
        with pytest.raises(ExportTargetError):
            save(tmp_path / "no such folder" / "heat", model.heat, QFont())


def test_a_long_table_goes_over_several_pages_without_losing_a_row(tmp_path, qapp):
    model = CountTableModel()
    model.set_table(a_wide_table(300, 6))

    pages = page_rows(model.heat, QFont(), QSize(1000, 700).toSizeF())
    save_pdf(tmp_path / "long.pdf", model.heat, QFont())

    assert [row for page in pages for row in page] == list(range(300))
    assert len(pages) > 5
    assert (tmp_path / "long.pdf").read_bytes().count(b"/Type /Page\n") == pytest.approx(len(pages), abs=6)


def test_the_legend_takes_the_lines_it_needs(qtbot, model):
    legend = HeatLegend(model)
    qtbot.addWidget(legend)
    legend.resize(1200, 10)
    legend.show()
    one = legend.height()
    legend.resize(300, 10)

    assert legend.height() >= 2 * one - 2
    assert "empty" in legend.accessibleDescription()


def test_order_and_mode_change_what_is_shown_and_never_what_it_means(model):
    model.set_row_order(RowOrder.NAME)
    assert [model.class_at(r) for r in range(4)] == ["Bicycle", "Car", "Pedestrian", "Wheelchair"]
    assert model.cell(3, 1).count == 0
    model.set_row_order(RowOrder.SHORT)
    assert {model.class_at(0), model.class_at(1)} == {"Bicycle", "Wheelchair"}

    model.set_mode(ValueMode.EXPECTED)
    row = model.row_of("Wheelchair")
    assert model.index(row, 1).data() == "24.3"
    model.set_mode(ValueMode.RATIO)
    assert model.index(model.row_of("Pedestrian"), 1).data() == "× 2.47"
    assert model.block_as_tsv(range(row, row + 1), range(1, 2)) == "0"


def test_pointing_at_a_cell_says_it_in_the_status_bar_and_leaving_takes_it_back(qtbot, model):
    from PySide6.QtWidgets import QMainWindow

    window, view = QMainWindow(), HeatMapView(model)
    qtbot.addWidget(window)
    window.setCentralWidget(view)
    window.statusBar().clearMessage()
    window.resize(600, 400)
    window.show()
    place = view.visualRect(model.index(3, 1)).center()

    qtbot.mouseMove(view.viewport(), QPoint(1, 1))
    qtbot.mouseMove(view.viewport(), place)
    qtbot.waitUntil(lambda: window.statusBar().currentMessage().startswith("Wheelchair, night"), timeout=5000)
    view.hide()

    assert window.statusBar().currentMessage() == ""


def test_the_corner_selects_everything_and_few_columns_fill_the_width(qtbot, view, model):
    qtbot.mouseClick(view._corner, Qt.MouseButton.LeftButton)
    assert view.selected_block() == (range(4), range(2))

    narrow = view.columnWidth(0)
    view.resize(900, 300)
    assert narrow <= view.columnWidth(0) <= 112
    assert view.sizes.cell_width == view.columnWidth(0)
