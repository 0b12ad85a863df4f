"""The playbook of a sprint as Markdown for a wiki and as one HTML page for the printer."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from tailwise.domain.exports import Audience

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.domain.playbook import Playbook, PlaybookSection, PlaybookTable
    from tailwise.exports.package import Package

FOLDER = "playbook"
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~])")
_STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
table { border-collapse: collapse; margin: .5rem 0 } th, td { border: 1px solid #c9ced6; padding: .25rem .6rem }
th { text-align: left; background: #f4f5f7 } td + td { font-variant-numeric: tabular-nums }
h2 { margin: 1.6rem 0 .3rem; font-size: 1.15rem } .muted { color: #57606a }
@media print { body { margin: 0 } h2, tr { break-inside: avoid } }
"""


def write_playbook(playbook: Playbook, package: Package) -> None:
    """Write `playbook/playbook.md` and `playbook/playbook.html`; both are for ourselves, they tell yields."""
    package.add_text(f"{FOLDER}/playbook.md", markdown(playbook), "playbook", Audience.INTERNAL)
    package.add_text(f"{FOLDER}/playbook.html", page(playbook), "playbook", Audience.INTERNAL)
    package.check("sections", len(playbook.sections))


def markdown(playbook: Playbook) -> str:
    """Return the playbook as Markdown; names from datasets cannot become markup."""
    parts = [f"# {_plain(playbook.title)}", _plain(playbook.subtitle)]
    for section in playbook.sections:
        parts.append(f"## {_plain(section.title)}")
        if section.text:
            parts.append(_plain(section.text))
        if section.points:
            parts.append("\n".join(f"- {_plain(point)}" for point in section.points))
        parts += [_markdown_table(table) for table in section.tables]
    return "\n\n".join(parts) + "\n"


def page(playbook: Playbook) -> str:
    """Return the playbook as an HTML page that needs nothing else."""
    title = html.escape(playbook.title)
    body = "\n".join(_html_section(section) for section in playbook.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class="muted">'
        f"{html.escape(playbook.subtitle)}</p>\n{body}\n</body>\n</html>\n"
    )


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _markdown_table(table: PlaybookTable) -> str:
    lines = [table.columns, tuple("---" for _ in table.columns)]
    rows = [f"| {' | '.join(cells)} |" for cells in (tuple(map(_plain, lines[0])), lines[1])]
    rows += [f"| {' | '.join(map(_plain, row))} |" for row in table.rows]
    return "\n".join(rows)


def _html_section(section: PlaybookSection) -> str:
    parts = [f"<h2>{html.escape(section.title)}</h2>"]
    if section.text:
        parts.append(f"<p>{html.escape(section.text)}</p>")
    if section.points:
        points = "".join(f"<li>{html.escape(point)}</li>" for point in section.points)
        parts.append(f"<ul>{points}</ul>")
    for table in section.tables:
        head = _row("th", table.columns)
        parts.append(f"<table>{head}{''.join(_row('td', row) for row in table.rows)}</table>")
    return "\n".join(parts)


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
