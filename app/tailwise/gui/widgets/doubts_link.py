"""The way to labels that look wrong: a link with a key, and the one dialog it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton

from tailwise.gui.actions import KeyHint
from tailwise.gui.navigation import DATA, ITEMS, ShowItems

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.session import Session

KEY: Final = "L"
HINT: Final = KeyHint(KEY, "Doubted labels of all classes")


class DoubtsLink(QPushButton):
    """Opens the dialog on a click or by its key anywhere on a page; what is wanted there is the page's to pass on."""

    page_requested = Signal(str, object)
    index_requested = Signal()

    def __init__(self, session: Session, page: QWidget, came_from: str) -> None:
        super().__init__(page)
        self._session, self._page, self._came_from = session, page, came_from
        self.setText(self.tr("Doubted labels ({})…").format(KEY))
        self.setProperty("role", "link")
        self.setToolTip(self.tr("Labels of any class that look wrong, the least believed first"))
        self.clicked.connect(self.show_doubts)
        # Wherever the focus is while the page is shown: an empty page holds none. Text fields keep their letters.
        QShortcut(QKeySequence(KEY), page, self.show_doubts)

    @Slot()
    def show_doubts(self) -> None:
        """Weigh the labels of all classes; a dialog that is open already takes the keys."""
        from tailwise.gui.dialogs.label_doubts import LabelDoubtsDialog

        dialog = self._page.findChild(LabelDoubtsDialog)
        if dialog is not None:
            dialog.activateWindow()
        elif self._session.project is not None:
            dialog = LabelDoubtsDialog(self._session, self._page)
            dialog.items_wanted.connect(self._show_items)
            dialog.index_wanted.connect(self.index_requested)
            dialog.data_wanted.connect(self._go_to_data)
            dialog.show()

    @Slot(str, object)
    def _show_items(self, title: str, ids: list[int]) -> None:
        self.page_requested.emit(ITEMS, ShowItems(ids=ids, title=title, came_from=self._came_from))

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit(DATA, None)
