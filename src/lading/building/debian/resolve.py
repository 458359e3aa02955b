"""Close packages over their dependencies, always in the same way.

The first alternative that can be had is taken, unless another is there already, as apt does it.
Recommendations are not followed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lading.building.debian import relations
from lading.building.debian.index import Index, Package
from lading.building.debian.relations import Relation
from lading.building.debian.suites import Suite
from lading.errors import ArchiveError

ESSENTIAL = (
    "bash",
    "coreutils",
    "dash",
    "debianutils",
    "findutils",
    "grep",
    "gzip",
    "libc-bin",
    "mawk",
    "sed",
)
"""What packages use without saying so, since every Debian has it: a shell, the usual small tools,
the C library's. Comes along with `packages:`; an image without them has no shell."""

FOR_SCRIPTS = frozenset(
    (
        "adduser",
        "base-passwd",
        "cdebconf",
        "debconf",
        "debconf-2.0",
        "dpkg",
        "init-system-helpers",
        "install-info",
        "lsb-base",
        "sensible-utils",
        "systemd-sysv",
        "ucf",
        "update-inetd",
    )
)
"""What only maintainer scripts use, which nobody runs here: never brought in as a dependency."""

FOR_SCRIPTS_OF: Mapping[str, frozenset[str]] = {
    "base-files": frozenset({"awk"}),
    "ca-certificates": frozenset({"openssl"}),
}
"""The same, of single packages."""


def base(index: Index, suite: Suite, prefer: Mapping[str, str]) -> list[Package]:
    """Python, and what its wheels expect of a system (the libraries of PEP 600's policies that
    are no graphics), without a shell. Sorted by name."""
    wanted = [
        f"python{suite.python}-minimal",
        f"libpython{suite.python}-stdlib",
        *("base-files", "ca-certificates", "libc-bin", "libc6", "netbase", "tzdata"),
        *("libcrypt1", "libgcc-s1", "libgomp1", "libstdc++6", "zlib1g"),
    ]
    return close(index, wanted, prefer=prefer)


def packages(
    index: Index, wanted: Iterable[str], base: Iterable[Package], prefer: Mapping[str, str]
) -> list[Package]:
    """`wanted` and the essential part, closed, less what `base` has. Sorted by name."""
    below = {package.name: package for package in base}
    whole = close(index, [*wanted, *ESSENTIAL], below, prefer)
    return [package for package in whole if package.name not in below]


def close(
    index: Index,
    wanted: Iterable[str],
    given: Mapping[str, Package] | None = None,
    prefer: Mapping[str, str] | None = None,
) -> list[Package]:
    """`given`, `wanted` and everything they need, sorted by name.

    `prefer` has versions by name that are kept to while the index has them. Raises ArchiveError for
    a package that does not exist, a dependency that cannot be met, or two that exclude each other.
    """
    closing = _Closing(index, prefer or {}, dict(given or {}))
    for package in closing.chosen.values():
        closing.note(package)
    for name in wanted:
        if not closing.has(Relation(name)):
            closing.add(closing.named(name))
    while closing.waiting:
        closing.satisfy(closing.waiting.popleft())
    closing.refuse_conflicts()
    return [closing.chosen[name] for name in sorted(closing.chosen)]


@dataclass
class _Closing:
    index: Index
    prefer: Mapping[str, str]
    chosen: dict[str, Package]
    waiting: deque[Package] = field(default_factory=deque)
    provided: dict[str, list[tuple[Package, Relation]]] = field(default_factory=dict)

    def named(self, name: str) -> Package:
        """What a user calls `name`: a package, or a virtual one's usual provider."""
        if (found := self._candidate(Relation(name))) is not None:
            return found
        near = self.index.near(name)
        raise ArchiveError(
            f"Debian {self.index.suite} has no such package",
            where=name,
            came=name,
            expected=f"a package's name, such as {' or '.join(near)}" if near else "",
            todo=f"look it up at https://packages.debian.org/{self.index.suite}/",
        )

    def add(self, package: Package) -> None:
        self.chosen[package.name] = package
        self.note(package)
        self.waiting.append(package)

    def note(self, package: Package) -> None:
        for provided in relations.alternatives(package.provides.replace(",", "|")):
            self.provided.setdefault(provided.name, []).append((package, provided))

    def has(self, relation: Relation) -> bool:
        known = self.chosen.get(relation.name)
        if known is not None and relation.allows(known.version):
            return True
        return any(relation.is_met_by(by) for _, by in self.provided.get(relation.name, ()))

    def satisfy(self, package: Package) -> None:
        unneeded = FOR_SCRIPTS | FOR_SCRIPTS_OF.get(package.name, frozenset())
        for group in relations.groups(package.depends):
            if any(one.name in unneeded or self.has(one) for one in group):
                continue
            found = next((c for one in group if (c := self._candidate(one))), None)
            if found is None:
                raise ArchiveError(
                    f"needs what Debian {self.index.suite} does not have together with the rest",
                    where=package.name,
                    expected=" or ".join(map(str, group)),
                    came=", ".join(self._at_hand(one) for one in group),
                )
            self.add(found)

    def _candidate(self, relation: Relation) -> Package | None:
        """The package to take for a relation; None when there is none, or another version is in."""
        if relation.name not in self.chosen:
            fitting = [p for p in self.index.versions(relation.name) if relation.allows(p.version)]
            kept = self.prefer.get(relation.name)
            for package in [*(p for p in fitting if p.version == kept), *fitting]:
                return package
        providers = self.index.providers(relation.name)
        fitting = [p for p, by in providers if relation.is_met_by(by) and p.name not in self.chosen]
        return next((p for p in fitting if p.name in self.prefer), next(iter(fitting), None))

    def _at_hand(self, relation: Relation) -> str:
        known = self.chosen.get(relation.name) or self.index.newest(relation.name)
        return f"{known.name} {known.version}" if known else f"no {relation.name}"

    def refuse_conflicts(self) -> None:
        for package in self.chosen.values():
            for relation in relations.alternatives(package.conflicts.replace(",", "|")):
                other = self.chosen.get(relation.name)
                if other and other is not package and relation.allows(other.version):
                    raise ArchiveError(
                        "cannot be in one image",
                        where=f"{package.name} and {other.name}",
                        expected=f"{package.name} without {relation}",
                        came=f"{other.name} {other.version}",
                        todo="leave one of them out of `packages`",
                    )
