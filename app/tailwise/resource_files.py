"""Find the files Tailwise ships: icons, help, texts and the demo recipe.

The wheel and the frozen program carry them inside the package as `tailwise/resources`; a checkout and an editable
install have them beside `app/`. Knows nothing of what is in the files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath

_PACKAGE = Path(__file__).resolve().parent


def resource_path(relative: str) -> Path:
    """Return where a shipped file or folder is.

    Args:
        relative: POSIX path below `resources`, such as `icons/save.svg`.

    Raises:
        ValueError: `relative` is absolute or leads out of the resources.
        FileNotFoundError: it is not there, so the installation is damaged or the name is wrong.
    """
    asked = PurePosixPath(relative)
    if asked.is_absolute() or ".." in asked.parts:
        raise ValueError(f"not a path below the resources: {relative}")
    path = _root().joinpath(*asked.parts)
    if not path.exists():
        raise FileNotFoundError(f"{relative} is not among the files Tailwise was installed with ({_root()})")
    return path


@cache
def _root() -> Path:
    """Return the resources folder: inside the package first, since only a checkout has the other one."""
    inside = _PACKAGE / "resources"
    return inside if inside.is_dir() else _PACKAGE.parents[1] / "resources"
