"""Rules of the house that no linter knows: sizes, what lies where, words, and nothing of anybody's machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app" / "tailwise"

MAX_LINES = 400
MAX_STATEMENTS = 40
# Files and functions that are larger than they should be. These lists may only get shorter.
LONG_FILES: frozenset[str] = frozenset()
LONG_FUNCTIONS: frozenset[str] = frozenset()

TOP_LEVEL = {"app", "packaging", "resources", "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}

NETWORK_CLIENTS = {
    "aiohttp", "ftplib", "http", "httplib2", "httpx", "imaplib", "paramiko", "poplib", "requests", "smtplib", "socket",
    "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3", "webbrowser", "websockets", "xmlrpc",
}  # fmt: skip
# Local sockets are how a second start finds the first; everything else of QtNetwork could leave the machine.
LOCAL_QT_NETWORK = {"QLocalServer", "QLocalSocket"}

# Words the glossary tells us to avoid, in names other code uses. Each has a better word there.
AVOIDED_IN_NAMES = {
    "allocation", "backlog", "bbox", "bucket", "campaign", "database", "goal", "inference", "iteration", "job", "jobs",
    "pipeline", "rect", "skew", "suspect", "task", "tasks", "vote", "workspace",
}  # fmt: skip
AVOIDED_ON_SCREEN = {
    "backlog", "bbox", "bboxes", "bucket", "buckets", "campaign", "fold", "folds", "skew", "subset", "workspace",
}  # fmt: skip


def tracked_files():
    """Return what is in the repository or about to be: tracked files and new ones that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a git checkout")
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def sources():
    return sorted(APP.rglob("*.py"))


def texts():
    for path in tracked_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def name_of(path):
    return path.relative_to(APP).as_posix()


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def statements(function):
    inner = [n for n in ast.walk(function) if isinstance(n, ast.stmt) and n is not function]
    return len(inner) - (ast.get_docstring(function) is not None)


def test_no_file_is_too_long():
    long = {name_of(p) for p in sources() if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES}

    assert long == LONG_FILES


def test_no_function_is_too_long():
    long = {
        f"{name_of(path)}:{function.name}"
        for path in sources()
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if statements(function) > MAX_STATEMENTS
    }

    assert long == LONG_FUNCTIONS


def test_the_top_level_holds_only_what_belongs_there():
    found = {path.relative_to(ROOT).parts[0] for path in tracked_files()}

    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry():
    # Written so that this file does not match itself.
    places = [r"/w[o]rk/(main|shared)", r"pypi\.[o]rg", r"python[h]osted", r"registry\.npm[j]s"]
    pattern = re.compile("|".join([*places, re.escape(str(ROOT))]))

    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := pattern.search(line))
    ]
    assert found == []


def test_nothing_is_put_off():
    pattern = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

    assert [str(p.relative_to(ROOT)) for p, text in texts() if pattern.search(text)] == []


def test_nothing_spins_the_event_loop_by_hand():
    calls = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "processEvents"
    ]

    assert calls == []


def imports(path):
    """Yield (module, name) of every import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_no_module_imports_a_network_client():
    def is_client(module, name):
        full = f"{module}.{name}"
        if "PySide6.QtNetwork" in (module, full):
            return name not in LOCAL_QT_NETWORK
        return any(full == c or full.startswith(f"{c}.") for c in NETWORK_CLIENTS)

    found = [(name_of(path), module) for path in sources() for module, name in imports(path) if is_client(module, name)]

    assert found == []


def public_names(path):
    """Yield public functions, classes, their methods, arguments and fields."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.FunctionDef):
            yield from (argument.arg for argument in (*node.args.args, *node.args.kwonlyargs))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def words_of(name):
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("package", ["domain", "usecases"])
def test_public_names_use_the_words_of_the_glossary(package):
    found = sorted(
        {
            f"{name_of(path)}: {name}"
            for path in (APP / package).rglob("*.py")
            for name in public_names(path)
            if not name.startswith("_") and words_of(name) & AVOIDED_IN_NAMES
        }
    )

    assert found == []


def screen_texts():
    for path in (ROOT / "resources" / "help").rglob("*.md"):
        # Code and commands are quoted as they are.
        yield path, re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in (APP / "gui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_tr = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tr"
            if is_tr and node.args and isinstance(node.args[0], ast.Constant):
                yield path, str(node.args[0].value)


def test_screen_and_help_use_the_words_of_the_glossary():
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path, text in screen_texts()
        for word in re.findall(r"[a-z]+", text.lower())
        if word in AVOIDED_ON_SCREEN
    ]

    assert found == []


def commands(group, before="tailwise"):
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def test_every_command_and_option_is_in_the_help():
    click = pytest.importorskip("click")
    from tailwise.cli import main

    text = (ROOT / "resources" / "help" / "commands.md").read_text(encoding="utf-8")
    wanted = dict(commands(main))
    assert len(wanted) >= 10
    missing = [name for name in wanted if f"`{name}" not in text]
    for name, command in wanted.items():
        line = next((line for line in text.splitlines() if line.startswith((f"| `{name} ", f"| `{name}`"))), "")
        options = {p.opts[-1] for p in command.params if isinstance(p, click.Option) and not p.hidden}
        # These two are said once for all commands.
        missing += [f"{name} {option}" for option in sorted(options - {"--json", "--help"}) if option not in line]
    assert missing == []


def test_every_text_file_ends_with_one_line_break_and_has_no_tabs_or_trailing_spaces():
    sloppy = [
        str(path.relative_to(ROOT))
        for path, text in texts()
        if path.suffix in {".py", ".md", ".toml", ".sh", ".svg", ".xml"} and text
        if not text.endswith("\n") or text.endswith("\n\n") or re.search(r"[ \t]+$", text, re.MULTILINE)
    ]

    assert sloppy == []
