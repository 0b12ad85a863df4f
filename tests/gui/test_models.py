"""Models keep Qt's rules; sheets take what spreadsheets give, keep what is wrong visible, and undo everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack

from coverage_builders import a_class_row, a_count_table, a_wide_table
from tailwise.domain.coverage import Unit
from tailwise.gui.models.class_table import ClassTableModel
from tailwise.gui.models.count_table import CountTableModel
from tailwise.gui.models.sheet import REASON_ROLE, SheetModel
from tailwise.gui.models.sheet_cells import Bad, Kind, SheetColumn, check, parse, plain, show
from tailwise.gui.widgets.filter_bar import ChoiceList, FilterChoice

NAME = SheetColumn("name", "Name", Kind.TEXT)
TIER = SheetColumn("tier", "Tier", Kind.CHOICE, choices=(("must", "Must not miss"), ("nice", "Nice to have")))
WANTED = SheetColumn("wanted", "Wanted", Kind.WHOLE, is_optional=True, most=1000)
SECONDS = SheetColumn("seconds", "Seconds", Kind.NUMBER)
SHARE = SheetColumn("share", "Share", Kind.SHARE)
DOUBLE = SheetColumn("double", "Double", Kind.WHOLE, is_editable=False)
COLUMNS = (NAME, TIER, WANTED, SECONDS, SHARE, DOUBLE)
ROWS = (
    {"name": "Car", "tier": "nice", "wanted": None, "seconds": 30.0, "share": 0.4},
    {"name": "Bus", "tier": "nice", "wanted": 20, "seconds": 30.5, "share": 0.25},
    {"name": "Wheelchair", "tier": "must", "wanted": 400, "seconds": 90.0, "share": 0.0},
)


class Doubled(SheetModel):
    def computed(self, row, key):
        wanted = row.get("wanted")
        return wanted * 2 if isinstance(wanted, int) else None

    def check_row(self, row):
        return {"seconds": "too quick for a must"} if row["tier"] == "must" and row["seconds"] == 1.0 else {}


@pytest.fixture
def sheet(qapp):
    model = Doubled(COLUMNS, QUndoStack())
    model.set_rows(ROWS)
    return model


def shown(model):
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def test_every_model_keeps_qts_rules(qtmodeltester, sheet, qapp):
    counts, wide, none = CountTableModel(), CountTableModel(), CountTableModel()
    counts.set_table(a_count_table())
    wide.set_table(a_wide_table(30, 8))
    choices = ChoiceList()
    choices.set_choices([FilterChoice("lighting", "day", 3), FilterChoice("class", "Car")])
    classes = ClassTableModel(QUndoStack())
    classes.set_classes([a_class_row("Car", 200), a_class_row("Bus", 3)], Unit.OBJECTS)

    for model in (counts, wide, none, choices, sheet, classes):
        qtmodeltester.check(model)


def test_cells_are_shown_with_units_and_copied_as_plain_numbers(sheet):
    sheet.change([(0, "wanted", 1000)], "x")

    assert shown(sheet)[0] == ["Car", "Nice to have", "1,000", "30", "40 %", "2,000"]
    assert sheet.copy_text((range(1), range(6))) == "Car\tNice to have\t1000\t30\t40\t2000"


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (WANTED, "400", 400),
        (WANTED, " 1,000 ", 1000),
        (WANTED, "", None),
        (WANTED, "1000000", Bad("1000000", "Wanted is between 0 and 1,000")),
        (WANTED, "2.5", Bad("2.5", "Wanted takes a whole number")),
        (WANTED, "many", Bad("many", "Wanted takes a number")),
        (WANTED, "nan", Bad("nan", "Wanted takes a number")),
        (WANTED, "-1", Bad("-1", "Wanted is between 0 and 1,000")),
        (SECONDS, "12.5", 12.5),
        (SECONDS, "", Bad("", "Seconds is missing")),
        (SHARE, "40 %", 0.4),
        (SHARE, "40", 0.4),
        (SHARE, "101", Bad("101", "Share is between 0 and 100 %")),
        (TIER, "MUST NOT MISS", "must"),
        (TIER, "nice", "nice"),
        (TIER, "often", Bad("often", "Tier is one of: Must not miss, Nice to have")),
    ],
    ids=lambda v: str(getattr(v, "key", v)),
)
def test_text_becomes_a_value_or_says_why_not(column, text, value):
    assert parse(column, text) == value


@given(st.sampled_from([WANTED, SECONDS, SHARE]), st.floats(0, 1, width=32))
def test_what_is_copied_can_be_pasted_back(column, fraction):
    value = {"wanted": int(fraction * 1000), "seconds": round(fraction * 90, 6), "share": round(fraction, 6)}[
        column.key
    ]

    assert parse(column, plain(column, value)) == pytest.approx(value, abs=1e-8)
    assert check(column, value) == pytest.approx(value, abs=1e-8)
    assert show(column, value)


def test_a_block_from_a_spreadsheet_is_pasted_and_what_does_not_fit_is_left_out(sheet):
    sheet.paste("must not miss\t50\r\nnice\tmany\r\nnice\t7\r\nnice\t8\r\n", (range(1, 2), range(1, 2)))

    assert [row[1:3] for row in shown(sheet)] == [
        ["Nice to have", ""],
        ["Must not miss", "50"],
        ["Nice to have", "many"],
    ]
    assert sheet.problems() == ((2, "wanted", "Wanted takes a number"),)
    assert sheet.index(2, 2).data(REASON_ROLE) == "Wanted takes a number"
    assert "Wanted takes a number" in sheet.index(2, 2).data(Qt.ItemDataRole.AccessibleTextRole)


def test_one_value_fills_a_block_and_computed_cells_stay(sheet):
    sheet.paste("9", (range(3), range(2, 6)))

    assert [row[2:] for row in shown(sheet)] == [["9", "9", "9 %", "18"]] * 3
    assert sheet.undo_stack.count() == 1, "one step"


def test_fill_down_takes_the_top_row_or_the_one_above(sheet):
    sheet.fill_down((range(1, 3), range(1, 4)))
    assert [row[1:4] for row in shown(sheet)][2] == ["Nice to have", "20", "30.5"]
    sheet.fill_down((range(1, 2), range(2, 3)))
    assert [row[2] for row in shown(sheet)] == ["", "", "20"]
    sheet.fill_down((range(1), range(3)))
    assert sheet.undo_stack.count() == 2


def test_clearing_spares_what_may_not_be_empty(sheet):
    sheet.clear_block((range(3), range(6)))

    assert [row[:3] for row in shown(sheet)] == [
        ["Car", "Nice to have", ""],
        ["Bus", "Nice to have", ""],
        ["Wheelchair", "Must not miss", ""],
    ]


def test_what_is_wrong_between_cells_is_a_problem_too(sheet):
    sheet.change([(2, "seconds", 1.0)], "x")
    assert sheet.problems() == ((2, "seconds", "too quick for a must"),)
    sheet.change([(2, "tier", "nice")], "x")
    assert sheet.problems() == ()


def test_edits_reach_the_right_row_while_sorted_and_searched(sheet):
    edited = []
    sheet.edited.connect(edited.append)
    sheet.sort(0)
    assert [row[0] for row in shown(sheet)] == ["Bus", "Car", "Wheelchair"]
    sheet.setData(sheet.index(0, 2), "21")
    assert edited == [{1}]
    sheet.sort(2, Qt.SortOrder.DescendingOrder)
    assert [row[0] for row in shown(sheet)] == ["Wheelchair", "Bus", "Car"], "empty cells come last"
    sheet.search("wheel must")
    assert [row[0] for row in shown(sheet)] == ["Wheelchair"]
    sheet.paste("5", (range(1), range(2, 3)))
    assert sheet.row(2)["wanted"] == 5
    sheet.search("")
    sheet.sort(-1)
    assert [row[0] for row in shown(sheet)] == ["Car", "Bus", "Wheelchair"]


EDITS = st.one_of(
    st.tuples(
        st.just("paste"), st.text("0123456789\t\n,.x%", min_size=1, max_size=12), st.integers(0, 2), st.integers(0, 4)
    ),
    st.tuples(st.just("fill"), st.just(""), st.integers(0, 2), st.integers(0, 4)),
    st.tuples(st.just("clear"), st.just(""), st.integers(0, 2), st.integers(0, 4)),
    st.tuples(st.just("add"), st.just(""), st.integers(0, 2), st.integers(0, 4)),
    st.tuples(st.just("remove"), st.just(""), st.integers(0, 2), st.integers(0, 4)),
    st.tuples(st.just("sort"), st.just(""), st.integers(0, 2), st.integers(0, 4)),
)


@given(st.lists(EDITS, max_size=12))
def test_undoing_everything_brings_the_beginning_back_and_redoing_the_end(qapp, edits):
    model = Doubled(COLUMNS, QUndoStack())
    model.set_rows(ROWS)
    for verb, text, row, column in edits:
        block = (range(row, min(row + 2, model.rowCount())), range(column, column + 2))
        if not block[0]:
            continue
        if verb == "paste":
            model.paste(text, block)
        elif verb == "fill":
            model.fill_down(block)
        elif verb == "clear":
            model.clear_block(block)
        elif verb == "add":
            model.add_row()
        elif verb == "remove":
            model.remove_rows_at([model.stored_row(r) for r in block[0]])
        else:
            model.sort(column)
    end = model.rows()

    while model.undo_stack.canUndo():
        model.undo_stack.undo()
    assert model.rows() == ROWS
    while model.undo_stack.canRedo():
        model.undo_stack.redo()
    assert model.rows() == end


def test_classes_show_what_is_short_and_keep_undo_when_they_are_read_again(qapp):
    model = ClassTableModel(QUndoStack())
    rows = [a_class_row("Car", 200), a_class_row("Wheelchair", 3, tier="must-not-miss", target=40)]
    model.set_classes(rows, Unit.OBJECTS)
    assert model.index(1, 5).data() == "37"
    assert model.summary() == (1, 1, 37)

    model.setData(model.index(0, 2), "250")
    assert model.choices({0})[0].target == 250
    model.set_classes([a_class_row("Car", 210, target=250), rows[1]], Unit.OBJECTS)
    assert model.index(0, 5).data() == "40"
    model.undo_stack.undo()
    assert model.index(0, 2).data() == ""
    model.setData(model.index(0, 2), "lots")
    assert model.choices({0, 1}) == model.choices({1}), "a cell that cannot be used is not handed on"


def test_searching_filters_holds_every_word_and_stays_bounded(qapp):
    choices = ChoiceList()
    choices.set_choices([FilterChoice("scene", f"scene {k}", 1) for k in range(100_000)])

    choices.search("999 scene")
    assert choices.rowCount() == 280
    choices.search("")
    assert choices.rowCount() == 500
