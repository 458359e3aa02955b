"""Apps to begin with. Each folder beside this file is one, copied as it is."""

from __future__ import annotations

from pathlib import Path

from lading.errors import SettingsError, UsageError
from lading.settings.faults import nearest

_HERE = Path(__file__).parent
DEFAULT = "hello"


def names() -> list[str]:
    """The templates there are, sorted."""
    return sorted(x.parent.name for x in _HERE.glob("*/lading.yaml"))


def write(template: str, folder: Path) -> list[Path]:
    """Write a template's files into `folder`, made if need be; return them, relative to it, sorted.

    Overwrites nothing. Raises UsageError when there is no such template, SettingsError when a file
    of that name is there already (nothing is written then), or when the disk refuses.
    """
    if template not in names():
        meant = nearest(template, names())
        raise UsageError(
            f"no template is named {template}",
            expected=f"one of {', '.join(names())}",
            todo=f"did you mean {meant}?" if meant else "",
        )
    source = _HERE / template
    files = sorted(x.relative_to(source) for x in source.rglob("*") if _belongs(x))
    taken = [x for x in files if (folder / x).exists() or (folder / x).is_symlink()]
    if taken:
        already = ", ".join(x.as_posix() for x in taken)
        todo = "choose another folder, or move them away"
        raise SettingsError(f"would overwrite {already}", str(folder), todo=todo)
    try:
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            with (folder / file).open("xb") as out:
                out.write((source / file).read_bytes())
    except OSError as error:
        problem = f"cannot be written: {error.strerror}"
        raise SettingsError(problem, str(error.filename or folder)) from None
    return files


def _belongs(path: Path) -> bool:
    """Python may have compiled a template's files where it lies; that is no part of it."""
    return path.is_file() and "__pycache__" not in path.parts
