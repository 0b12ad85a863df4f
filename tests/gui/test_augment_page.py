"""The page Augment: steps, seeds and keys change the variants; recipes are kept, undone and written."""

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit

from augment_dataset import a_dataset, a_project_of, a_project_with_pictures
from tailwise.domain.errors import RequestError
from tailwise.domain.label_audit import LabelVerdict
from tailwise.domain.recipe import StepKind
from tailwise.gui.dialogs.audit_sheet import AuditSheet
from tailwise.gui.models.augment_view import DRAG_SIDE
from tailwise.gui.navigation import ExportThis
from tailwise.gui.pages.augment import AugmentPage
from tailwise.gui.widgets.variant_grid import VARIANTS
from tailwise.usecases.augmentation import list_recipes
from tailwise.usecases.label_audit import load_audit

WAIT = 20_000


@pytest.fixture
def parts(tmp_path):
    a_project_with_pictures(tmp_path).close()
    return tmp_path / "parts.tailwise"


def shown_page(qtbot, session, path):
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.open_project(path)
    page = AugmentPage(session)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    page.refresh()
    return page


@pytest.fixture
def page(qtbot, session, parts):
    page = shown_page(qtbot, session, parts)
    qtbot.waitUntil(lambda: page.states.state == "content" and bool(page.grid.tiles()), timeout=WAIT)
    return page


def at_rest(qtbot, page):
    qtbot.waitUntil(lambda: page._session.runner.is_idle and not page._settle.isActive(), timeout=WAIT)


def pixels(page):
    return [tile.pixels for tile in page.grid.tiles()]


def choose(qtbot, page, name):
    page.open_payload(name)
    qtbot.waitUntil(lambda: page.recipe is not None and page.recipe.class_name == name, timeout=WAIT)
    at_rest(qtbot, page)


def test_the_rarest_class_comes_first_with_originals_and_five_variants_each(qtbot, page):
    at_rest(qtbot, page)

    assert page.head.classes.currentData() == "left part"
    assert len(page.grid.tiles()) == 2 * VARIANTS
    assert "2 + 2" in page.effect.budget.text()
    assert [e.class_name for e in page.effect.table.records()] == ["left part", "bolt", "nut"]
    assert "no split" in page.effect.note.text()
    assert not page.grid.grab().isNull()


def test_keys_change_seed_steps_and_strength_and_undo_takes_them_back(qtbot, page):
    choose(qtbot, page, "bolt")
    before, first = page.recipe, pixels(page)
    page.grid.setFocus()

    qtbot.keyClick(page.grid, Qt.Key.Key_N)
    at_rest(qtbot, page)
    assert page.recipe.seed == before.seed + 1
    assert pixels(page) != first
    qtbot.keyClick(page.grid, Qt.Key.Key_2)
    assert not page.recipe.steps[1].is_on
    qtbot.keyClick(page.grid, "]")
    assert page.recipe.steps[1].strength == pytest.approx(before.steps[1].strength + 0.1)
    qtbot.keyClick(page.grid, "[")
    qtbot.keyClick(page.grid, Qt.Key.Key_B)
    assert page.grid.is_wiping
    qtbot.mouseMove(page.grid, QPoint(page.grid.width() // 4, page.grid.height() // 8))
    assert not page.grid.grab().isNull()
    while page.undo_stack.canUndo():
        qtbot.keyClick(page.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.recipe == before
    qtbot.keyClick(page.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert page.recipe.seed == before.seed + 1
    at_rest(qtbot, page)
    page.undo_stack.undo()
    at_rest(qtbot, page)
    assert pixels(page) == first


def test_typing_a_name_never_changes_the_recipe(qtbot, page):
    at_rest(qtbot, page)
    before = page.recipe
    field = page.head.recipes.lineEdit()
    assert isinstance(field, QLineEdit)
    page.head.recipes.setFocus()
    field.selectAll()

    qtbot.keyClicks(field, "nb12[]")

    assert page.recipe == before
    assert field.text() == "nb12[]"


def test_a_dragged_slider_is_one_step_of_undo(qtbot, page):
    at_rest(qtbot, page)
    before = page.recipe
    row = page.steps.rows[2]
    row.strength.setSliderDown(True)
    for value in (40, 60, 90):
        row.strength.setValue(value)
        assert page.recipe.steps[2].strength == value / 100
    assert not page.undo_stack.canUndo()
    row.strength.setSliderDown(False)

    assert page.undo_stack.count() == 1
    page.undo_stack.undo()
    assert page.recipe == before
    at_rest(qtbot, page)


def test_steps_are_added_moved_and_taken_away(qtbot, page):
    at_rest(qtbot, page)
    actions = [a for m in page.steps.add.menu().actions() for a in m.menu().actions()]
    assert {a.data() for a in actions} == {k.value for k in StepKind}

    next(a for a in actions if a.data() == "fog").trigger()
    assert page.recipe.steps[-1].kind is StepKind.FOG
    page.steps.rows[-1].moved.emit(len(page.recipe.steps) - 1, -1)
    assert page.recipe.steps[-2].kind is StepKind.FOG
    page.steps.rows[0].removed.emit(0)
    assert page.recipe.steps[0].kind is not StepKind.FLIP
    page.steps.rows[0].probability.setValue(25)
    assert page.recipe.steps[0].probability == 0.25
    page.head.reset.click()
    qtbot.waitUntil(lambda: page.recipe.steps[0].kind is StepKind.FLIP, timeout=WAIT)
    at_rest(qtbot, page)


def test_a_recipe_is_saved_offered_and_taken_away_by_undo(qtbot, page, session):
    at_rest(qtbot, page)
    page.head.recipes.setEditText("winter")

    page.head.save.click()
    at_rest(qtbot, page)
    assert [s.recipe.name for s in list_recipes(session.project)] == ["winter"]
    page.steps.toggle(0)
    page.head.recipe_chosen.emit("winter")
    assert page.recipe.steps[0].is_on
    for _ in range(3):
        page.undo_stack.undo()
    at_rest(qtbot, page)
    assert list_recipes(session.project) == ()


def test_flags_are_shown_and_found(qtbot, page):
    choose(qtbot, page, "bolt")
    actions = [a for m in page.steps.add.menu().actions() for a in m.menu().actions()]
    next(a for a in actions if a.data() == "cutout").trigger()
    page.steps.rows[-1].strength.setValue(100)
    at_rest(qtbot, page)

    assert "lose an object" in page.bar.check.text()
    assert page.bar.show_flags.isVisible()
    page.bar.show_flags.click()
    assert page.grid.current_tile().flags
    described = page.grid.accessibleDescription()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(page.grid, key)
    assert page.grid.accessibleDescription() != described or page.grid.current_tile().flags
    qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=QPoint(8, page.grid.height() // 8))
    assert "original" in page.grid.accessibleDescription()


def test_above_five_the_page_asks_to_collect_and_writes_nothing(qtbot, page):
    page.effect.multiplier.setValue(7.0)
    at_rest(qtbot, page)

    assert "Collect more" in page.effect.note.text()
    assert not page.bar.start.isEnabled()


def test_pictures_are_written_where_the_user_says(qtbot, page, session, tmp_path):
    at_rest(qtbot, page)
    lines = []
    session.result.connect(lines.append)
    page.bar.start.click()
    assert "Name a folder" in lines[0].text
    page.bar.browse.click()
    page.bar._on_folder(str(tmp_path))
    assert page.bar.folder.text().endswith("synthetic-left-part")
    page.findChild(object, "pick-export").close()

    page.bar.start.click()
    qtbot.waitUntil(lambda: len(lines) > 1, timeout=60_000)

    assert "2 synthetic pictures" in lines[1].text
    document = json.loads((tmp_path / "synthetic-left-part" / "annotations.json").read_text("utf-8"))
    assert len(document["images"]) == 2
    at_rest(qtbot, page)
    assert page.bar.start.isEnabled()


def test_a_folder_without_its_whole_path_is_not_written_to(page, session):
    lines = []
    session.result.connect(lines.append)
    page.bar.folder.setText("somewhere")
    page.bar.start.click()
    assert lines[0].text.startswith("Where is somewhere?")
    assert page.bar.start.isEnabled()


def test_a_class_that_is_refused_leaves_other_classes_and_the_tools_at_hand(qtbot, page):
    at_rest(qtbot, page)
    page._refuse("No", "Nothing")
    assert page.head.isVisible()
    assert page.tools.isEnabled()
    assert page.head.classes.isEnabled()
    assert not page.head.save.isEnabled()
    choose(qtbot, page, "bolt")
    assert page.head.save.isEnabled()
    with qtbot.waitSignal(page.page_requested) as asked:
        page.tools.menu().actions()[-1].trigger()
    assert asked.args == ["export", ExportThis("recipe")]


def test_a_project_without_labels_says_what_to_do(qtbot, session, tmp_path):
    from builders import a_project, a_source

    a_project(tmp_path / "e.tailwise", a_source({}, pool=("a.jpg",))).close()
    page = shown_page(qtbot, session, tmp_path / "e.tailwise")

    qtbot.waitUntil(lambda: page.states.state == "empty", timeout=WAIT)


def test_a_class_without_pictures_on_this_computer_says_so(qtbot, session, parts):
    for picture in (parts.parent / "parts" / "images").iterdir():
        picture.unlink()
    page = shown_page(qtbot, session, parts)
    qtbot.waitUntil(lambda: page.states.state == "content" and bool(page.grid.tiles()), timeout=WAIT)

    assert page.grid.tiles()[0].width == 0
    assert not page.grid.grab().isNull()
    with qtbot.waitSignal(session.closed, timeout=WAIT):
        session.close_project()
    assert page.recipe is None


def test_a_drag_shows_small_pictures_and_the_release_sharp_ones(qtbot, page):
    at_rest(qtbot, page)
    row, sides = page.steps.rows[2], []
    page.grid.show_tiles = lambda tiles, show=page.grid.show_tiles: (show(tiles), sides.append(tiles[0].tile.width))
    row.strength.setSliderDown(True)
    row.strength.setValue(80)
    qtbot.waitUntil(lambda: len(sides) == 1, timeout=WAIT)
    row.strength.setSliderDown(False)
    at_rest(qtbot, page)

    assert page.grid.side() > DRAG_SIDE
    assert sides == [min(DRAG_SIDE, 96), min(page.grid.side(), 96)]  # the pictures are 96 wide
    assert page.pane._side == page.grid.side()


def test_a_larger_window_gets_sharper_pictures(qtbot, page):
    at_rest(qtbot, page)
    before = page.pane._side

    page.resize(2000, 1200)
    qtbot.waitUntil(lambda: page.pane._side > 1.15 * before, timeout=WAIT)
    at_rest(qtbot, page)


def test_enter_and_a_second_click_show_the_variant_large_and_arrows_look_at_the_others(qtbot, page):
    choose(qtbot, page, "bolt")
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    look = page.pane._look
    qtbot.waitUntil(lambda: look.caption.text().startswith("images/p0.png, variant 1"), timeout=WAIT)

    qtbot.keyClick(look, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: "variant 2" in look.caption.text(), timeout=WAIT)
    qtbot.keyClick(look, Qt.Key.Key_B)
    assert look.view.is_wiping
    qtbot.keyClick(look, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert look.view.edge == pytest.approx(0.6)
    qtbot.mouseMove(look.view, QPoint(look.view.width() // 4, 20))
    assert not look.grab().isNull()
    seed = page.recipe.seed
    qtbot.keyClick(look, Qt.Key.Key_N)
    at_rest(qtbot, page)
    assert page.recipe.seed == seed + 1
    qtbot.keyClick(look, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.pane._look is None, timeout=WAIT)
    assert page.grid.current_place() == (0, 2)

    place = page.grid._area(0, 2).center().toPoint()
    page.grid.setFocus()
    qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=place)
    assert page.pane._look is not None
    qtbot.keyClick(page.pane._look, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.pane._look is None, timeout=WAIT)
    at_rest(qtbot, page)


def test_an_audit_is_judged_by_two_keys_taken_back_kept_and_gone_on_with(qtbot, page, session):
    choose(qtbot, page, "bolt")
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_A)
    sheet = page.window().findChild(AuditSheet)

    def judge(*keys):
        for key in keys:
            qtbot.waitUntil(lambda: sheet._is_shown, timeout=WAIT)
            qtbot.keyClick(sheet, key)

    judge(Qt.Key.Key_K, Qt.Key.Key_L, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_K, Qt.Key.Key_Backspace)
    assert "1 of 2 variants with a bad label" in sheet.verdict.text()
    assert sum(s.lost for s in sheet.steps.records()) >= 1
    assert not sheet.grab().isNull()
    sheet.close()
    at_rest(qtbot, page)
    kept = load_audit(session.project, page.recipe.name)
    assert [v.verdict for v in kept.variants[:3]] == [LabelVerdict.KEPT, LabelVerdict.LOST, None]

    qtbot.waitUntil(lambda: page.window().findChild(AuditSheet) is None, timeout=WAIT)
    page.bar.audit.click()
    sheet = page.window().findChild(AuditSheet)
    qtbot.waitUntil(lambda: sheet._is_shown, timeout=WAIT)
    assert sheet.caption.text().startswith("Variant 3 of 59")
    for button in (sheet.kept, sheet.back, sheet.lost):
        qtbot.waitUntil(button.isEnabled, timeout=WAIT)
        button.click()
    assert "2 of 3 variants" in sheet.verdict.text()
    sheet.close()
    at_rest(qtbot, page)


def test_a_class_whose_pictures_are_elsewhere_comes_last_and_leads_to_another(qtbot, session, tmp_path):
    root = a_dataset(tmp_path / "parts", 4)
    for name in ("p0.png", "p3.png"):  # the only ones with a left part
        (root / "images" / name).unlink()
    a_project_of(tmp_path, root).close()
    page = shown_page(qtbot, session, tmp_path / "parts.tailwise")
    qtbot.waitUntil(lambda: page.states.state == "content" and bool(page.grid.tiles()), timeout=WAIT)
    names = [page.head.classes.itemData(i) for i in range(page.head.classes.count())]
    assert names == ["bolt", "nut", "left part"]
    assert page.head.classes.currentData() == "bolt"

    page.open_payload("left part")
    qtbot.waitUntil(lambda: page.states.state == "empty", timeout=WAIT)
    page.states.empty_button_clicked.emit()
    qtbot.waitUntil(lambda: page.states.state == "content", timeout=WAIT)
    at_rest(qtbot, page)

    assert page.head.classes.currentData() == "bolt"


def test_a_class_that_is_only_in_validation_says_so_and_leads_to_another(qtbot, session, page):
    at_rest(qtbot, page)

    page._on_class_failed(RequestError("No real image of the training part shows it", "Label more"))
    assert page.states.state == "empty"
    page.states.empty_button_clicked.emit()
    qtbot.waitUntil(lambda: page.states.state == "content", timeout=WAIT)
    at_rest(qtbot, page)

    assert page.recipe.class_name == page.head.classes.currentData() == "bolt"
