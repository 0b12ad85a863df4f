"""The user guide in a dock: Markdown files shipped with the program, nothing from the network."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QTextBrowser, QToolButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.pages import PAGES
from tailwise.resource_files import resource_path

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

CONTENTS: Final = "contents"
_LOG = logging.getLogger(__name__)


class HelpBrowser(QTextBrowser):
    """Shows topics; a link to `other.md` or `other.md#heading` goes to another topic, other addresses go nowhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setAccessibleName(self.tr("Help text"))
        self.anchorClicked.connect(self._on_link)
        self._topic = ""
        self._past: list[str] = []

    @property
    def topic(self) -> str:
        """The topic shown, empty while there is none."""
        return self._topic

    def show_topic(self, topic: str) -> None:
        """Show `help/<topic>.md`; the list of topics for CONTENTS and for one that is not shipped."""
        text = read_topic(topic)
        if self._topic and topic != self._topic:
            self._past.append(self._topic)
        self._topic = topic
        if text is None:
            text = contents()
        self.document().setDefaultStyleSheet(_style(th.Theme.of(self.palette())))
        self.setMarkdown(text)

    def back(self) -> None:
        """Show the topic before this one."""
        if self._past:
            topic = self._past.pop()
            self._topic = ""
            self.show_topic(topic)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and self._topic:
            self.document().setDefaultStyleSheet(_style(th.Theme.of(self.palette())))
            self.setMarkdown(read_topic(self._topic) or contents())

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: D102
        # Pictures of the help lie beside it; nothing else is loaded, above all nothing from the network.
        path = QUrl(name).toString()
        if kind == QTextDocument.ResourceType.ImageResource.value and "://" not in path:
            try:
                return resource_path(f"help/{path}").read_bytes()
            except (FileNotFoundError, ValueError):
                _LOG.debug("no help picture %s", path)
        return None

    def _on_link(self, url: QUrl) -> None:
        if url.isRelative() and url.path().endswith(".md"):
            self.show_topic(url.path().removesuffix(".md"))
        if url.fragment():
            self.scrollToAnchor(url.fragment())


class HelpDock(QDockWidget):
    """The help beside the work; F1 opens it at the topic of the page shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setObjectName("help-dock")
        self.setAllowedAreas(Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea)
        self.browser = HelpBrowser(self)
        back = QToolButton(self)
        back.setText(self.tr("← Back"))
        contents = QToolButton(self)
        contents.setText(self.tr("Contents"))
        for button in (back, contents):
            button.setAutoRaise(True)
        back.clicked.connect(self.browser.back)
        contents.clicked.connect(self._show_contents)
        row = QHBoxLayout()
        row.setContentsMargins(th.SPACE_XS, th.SPACE_XS, th.SPACE_XS, 0)
        row.addWidget(back)
        row.addWidget(contents)
        row.addStretch(1)
        body = QWidget(self)
        body.setMinimumWidth(th.INSPECTOR_WIDTH)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_XS)
        layout.addLayout(row)
        layout.addWidget(self.browser, 1)
        self.setWidget(body)
        self.hide()

    def show_topic(self, topic: str) -> None:
        """Open the dock at a topic."""
        self.browser.show_topic(topic)
        self.show()
        self.raise_()

    @Slot()
    def _show_contents(self) -> None:
        self.browser.show_topic(CONTENTS)


def read_topic(topic: str) -> str | None:
    """Return the Markdown of a topic, None if it is not shipped."""
    try:
        return resource_path(f"help/{topic}.md").read_text(encoding="utf-8")
    except (FileNotFoundError, ValueError):
        return None


def contents() -> str:
    """Return the list of topics as Markdown: those of the pages in the order of the rail, then the others."""
    try:
        names = {path.stem for path in resource_path("help").glob("*.md")}
    except FileNotFoundError:
        return "There is no help text in this installation."
    pages = [page.key for page in PAGES if page.key in names]
    topics = [*pages, *sorted(names.difference(pages))]
    return "\n".join(("# Contents", "", *(f"- [{_title(topic)}]({topic}.md)" for topic in topics)))


def _title(topic: str) -> str:
    text = read_topic(topic) or ""
    return text.partition("\n")[0].lstrip("# ").strip() or topic


def _style(theme: th.Theme) -> str:
    return f"a {{ color: {theme.link}; }} code {{ background: {theme.hover}; }} h1, h2, h3 {{ color: {theme.text}; }}"
