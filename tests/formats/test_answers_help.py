import re
from pathlib import Path

from tailwise.formats import csv_roles, yolo_lines

ROOT = Path(__file__).parents[2]
HELP = (ROOT / "resources" / "help" / "import-answers.md").read_text(encoding="utf-8")


def keys_in_code() -> set[str]:
    found = set()
    for path in (ROOT / "app/tailwise/formats").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for names, values in re.findall(r"^((?:[A-Z_]+KEY|AUTO_KEY)(?:, [A-Z_]+KEY)*) = (.+)$", text, re.MULTILINE):
            found.update(re.findall(r'"([a-z_.]+)"', values) if names else ())
        found.update(re.findall(r'answers(?:\.get\(|\[)"([a-z_.]+)"', text))
        for table in re.findall(r"^_ANSWERS = \{(.*?)\}$", text, re.MULTILINE | re.DOTALL):
            found.update(re.findall(r'"([a-z_]+)": \(', table))
    return found


def test_every_answer_key_of_every_reader_is_explained():
    keys = keys_in_code() | {*csv_roles._SINGLE, *csv_roles._LISTS}

    assert {"file", "no_annotations", "missing_labels", "conditions.key", "pattern"} <= keys
    missing = {key for key in keys if f"`{key.rstrip('.')}" not in HELP}
    assert missing == set()


def test_the_values_of_choices_are_explained():
    for value in (*yolo_lines.Columns, *csv_roles.BOX_FORMS, csv_roles.ROW_NUMBER, csv_roles.NONE):
        assert f"`{value}`" in HELP
