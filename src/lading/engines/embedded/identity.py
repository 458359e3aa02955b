"""As whom this process runs, and as whom its containers may."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

NONROOT = 65532
_WHOLE_MAP = "0 0 4294967295"


@dataclass(frozen=True)
class SubIds:
    """A range of ids that the system lends to the user (subuid(5), subgid(5))."""

    first_user: int
    first_group: int
    count: int


@dataclass(frozen=True)
class Identity:
    """`root` is the machine's own root, not that of a user namespace.

    `sub_ids` are there for an ordinary user who can have them mapped; without, a container's only
    id is 0, and means the user outside.
    """

    uid: int
    gid: int
    root: bool
    sub_ids: SubIds | None = None

    @classmethod
    def current(cls, etc: Path = Path("/etc")) -> Identity:
        uid, gid = os.geteuid(), os.getegid()
        if uid == 0 and _is_whole(Path("/proc/self/uid_map")):
            return cls(uid, gid, root=True)
        helpers = shutil.which("newuidmap") and shutil.which("newgidmap")
        return cls(uid, gid, root=False, sub_ids=sub_ids(etc, uid) if helpers else None)

    @property
    def inside(self) -> int:
        """The user and group id of a container's processes, as they see it."""
        return NONROOT if self.root or self.sub_ids else 0

    def user_of(self, image_user: str) -> tuple[int, int]:
        """The ids to run as, given an image's `User`: its own when they are numbers, not root's."""
        match = re.fullmatch(r"(\d+)(?::(\d+))?", image_user)
        if not self.inside or not match or int(match[1]) == 0:
            return self.inside, self.inside
        return int(match[1]), int(match[2] or match[1])


def sub_ids(etc: Path, uid: int) -> SubIds | None:
    """The first range of at least 65,536 ids lent to a user and their group alike."""
    users = _range(etc / "subuid", uid)
    groups = _range(etc / "subgid", uid)
    if not users or not groups:
        return None
    count = min(users[1], groups[1])
    return SubIds(users[0], groups[0], count) if count > NONROOT else None


def _range(file: Path, uid: int) -> tuple[int, int] | None:
    names = {str(uid), _name(uid)}
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        owner, _, rest = line.partition(":")
        first, _, count = rest.partition(":")
        if owner in names and first.isdigit() and count.isdigit():
            return int(first), int(count)
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _is_whole(uid_map: Path) -> bool:
    try:
        return " ".join(uid_map.read_text().split()) == _WHOLE_MAP
    except OSError:
        return True
