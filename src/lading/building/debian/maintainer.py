"""What maintainer scripts would do, read from their text and done without running them.

An image needs little of it: alternatives, a few configuration files copied into place. What only an
installed system needs (services, caches for menus, debconf) is left out, and listed. A package that
cannot work without its script is refused by name.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lading.building.debian import placement
from lading.building.debian.contents import Contents
from lading.building.layers.entry import Entry, Kind, symlink
from lading.errors import ArchiveError

REFUSED: Mapping[str, str] = {
    "locale-gen": "generates locales; take locales-all, or the C.UTF-8 that every image has",
    "libgvc6-config-update": "asks Graphviz's plugins what they are by running them",
    "mktexlsr": "indexes a TeX tree by running TeX",
    "update-texmf": "writes TeX's configuration by running TeX",
    "phpenmod": "switches PHP modules on by running PHP",
    "a2enmod": "switches Apache modules on by running Apache's tools",
    "pg_createcluster": "creates a database by running PostgreSQL",
    "mysql_install_db": "creates a database by running MySQL",
    "mariadb-install-db": "creates a database by running MariaDB",
    "update-initramfs": "belongs to a machine that boots",
    "update-grub": "belongs to a machine that boots",
}
"""Commands of a maintainer script without whose work its package does not work, and why."""

COPIED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "r-base-core": (("usr/lib/R/etc/Renviron.ucf", "etc/R/Renviron"),),
    "readline-common": (("usr/share/readline/inputrc", "etc/inputrc"),),
}
"""By package: a configuration file that its script puts into place."""

_KNOWN = re.compile(
    r"\b(update-alternatives|ucfr?|py3?compile|py3?clean|deb-systemd-helper|deb-systemd-invoke"
    r"|systemctl|update-rc\.d|invoke-rc\.d|adduser|addgroup|useradd|groupadd|db_get|db_input"
    r"|dpkg-maintscript-helper|dpkg-divert|dpkg-statoverride|ldconfig|fc-cache|install-info"
    r"|update-menus|update-mime-database|update-desktop-database|gtk-update-icon-cache"
    r"|gdk-pixbuf-query-loaders|glib-compile-schemas|gio-querymodules|update-gsfontmap"
    r"|update-ca-certificates|update-passwd|pam-auth-update|update-shells|udevadm|setcap"
    r"|update-catalog|update-xmlcatalog|register-python-package|mandb|chown|chgrp)\b"
)
_DONE = frozenset({"update-alternatives", "ldconfig", "update-ca-certificates", "update-passwd"})
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+|local\s+)?([A-Za-z_]\w*)=(\S*|\"[^\"]*\"|'[^']*')\s*$")
_LOOP = re.compile(r"^\s*for\s+([A-Za-z_]\w*)\s+in\s+([^;]*?)\s*(?:;|$)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_MOST_EXPANSIONS = 200


@dataclass(frozen=True)
class Link:
    """`link` leads to `path`, by way of /etc/alternatives/`name`."""

    link: str
    name: str
    path: str


@dataclass(frozen=True)
class Alternative:
    """One `update-alternatives --install` (update-alternatives(1))."""

    link: str
    name: str
    path: str
    priority: int
    slaves: tuple[Link, ...] = ()


def entries(packages: Iterable[Contents], files: Mapping[str, Entry]) -> list[Entry]:
    """What the scripts of `packages` would have added to `files`.

    Raises ArchiveError for a package that needs more than can be done without running something.
    """
    packages = list(packages)
    for package in packages:
        _refuse(package)
    copies = [
        Entry(target, files[source].kind, files[source].mode, files[source].content)
        for package in packages
        for source, target in COPIED.get(package.deb.name, ())
        if source in files and target not in files
    ]
    return [*copies, *_links(packages, files)]


def left_out(packages: Iterable[Contents]) -> dict[str, tuple[str, ...]]:
    """Commands, by package, whose work an image does without."""
    found = {
        package.deb.name: tuple(sorted(set(_KNOWN.findall(_code(package))) - _DONE))
        for package in packages
    }
    return {name: commands for name, commands in found.items() if commands}


def alternatives(script: str) -> Iterator[Alternative]:
    """The alternatives that a script installs, its plain variables and loops filled in."""
    values = _variables(script)
    for line in script.splitlines():
        if "update-alternatives" not in line or "--install" not in line:
            continue
        for filled in _filled(line[line.index("update-alternatives") :], values):
            yield from _parsed(filled)


def _refuse(package: Contents) -> None:
    code = _code(package)
    for command, why in REFUSED.items():
        if re.search(rf"(?m)(^|[;&|(`\s/]){re.escape(command)}(\s|$|[;&|)`])", code):
            raise ArchiveError(
                f"cannot be put into an image: its postinst runs {command}, which {why}",
                where=package.deb.name,
                todo="leave it out of `packages`, or take a package that does without",
            )


def _code(package: Contents) -> str:
    """The postinst without comments, its continued lines joined."""
    script = package.scripts.get("postinst", "").replace("\\\n", " ")
    return "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))


def _links(packages: Iterable[Contents], files: Mapping[str, Entry]) -> list[Entry]:
    """Of each name the alternative with the highest priority, the first package's among equals."""
    best: dict[str, Alternative] = {}
    for package in packages:
        for found in alternatives(_code(package)):
            known = best.get(found.name)
            if _exists(found.path, files) and (known is None or found.priority > known.priority):
                best[found.name] = found
    return [
        entry
        for _, chosen in sorted(best.items())
        for link in (Link(chosen.link, chosen.name, chosen.path), *chosen.slaves)
        if _exists(link.path, files)
        for entry in (
            symlink(f"etc/alternatives/{link.name}", link.path),
            symlink(_place(link.link), f"/etc/alternatives/{link.name}"),
        )
    ]


def _exists(path: str, files: Mapping[str, Entry]) -> bool:
    found = files.get(_place(path))
    return found is not None and found.kind is not Kind.FOLDER


def _place(path: str) -> str:
    """An absolute path of a script as a path of a merged image."""
    head = path.strip("/").split("/", 1)[0]
    return f"usr/{path.strip('/')}" if head in placement.MERGED else path.strip("/")


def _variables(script: str) -> dict[str, list[str]]:
    """Every value that a plain assignment or a loop's list gives a name, in their order."""
    values: dict[str, list[str]] = {}
    for line in script.splitlines():
        if match := _ASSIGNMENT.match(line):
            values.setdefault(match[1], []).append(match[2].strip("\"'"))
        if match := _LOOP.match(line):
            words = [word for text in _filled(match[2], values) for word in text.split()]
            values.setdefault(match[1], []).extend(words)
    return values


def _filled(text: str, values: Mapping[str, list[str]]) -> list[str]:
    """`text` with each variable replaced by each of its values; an unknown one is empty."""
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    choices = itertools.product(*(values.get(name) or [""] for name in names))
    return [
        _substituted(text, dict(zip(names, choice, strict=True)))
        for choice in itertools.islice(choices, _MOST_EXPANSIONS)
    ]


def _substituted(text: str, chosen: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: chosen[match[1]], text)


def _parsed(command: str) -> Iterator[Alternative]:
    try:
        words = shlex.split(command, comments=True)
        at = words.index("--install") + 1
        link, name, path, priority = words[at : at + 4]
        slaves = [Link(*words[i + 1 : i + 4]) for i, word in enumerate(words) if word == "--slave"]
        yield Alternative(link, name, path, int(priority.rstrip(";")), tuple(slaves))
    except (ValueError, TypeError):
        return  # not written plainly enough to be understood; the path would not exist either
