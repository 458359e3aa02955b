"""What an image has that no package brings as a file: accounts, mount points, links, settings.

Done here openly is what the maintainer scripts of base-files, base-passwd, netbase, libc-bin,
ca-certificates, tzdata, dash and python3.x do on an installed system.
"""

from __future__ import annotations

from collections.abc import Mapping

from lading.building import in_image
from lading.building.layers.entry import Entry, Kind, file, folder, symlink

_ID = in_image.USER_ID
_PASSWD = f"""\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
{in_image.USER}:x:{_ID}:{_ID}:{in_image.USER}:/tmp:/usr/sbin/nologin
"""
_GROUP = f"""\
root:x:0:
tty:x:5:
mail:x:8:
staff:x:50:
nogroup:x:65534:
{in_image.USER}:x:{_ID}:
"""
_NSSWITCH = """\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
ethers: files
rpc: files
"""
_FOLDERS: Mapping[str, int] = {
    "dev": 0o755,
    "proc": 0o555,
    "sys": 0o555,
    "run": 0o755,
    "run/lock": 0o1777,
    in_image.SOCKET_FOLDER[1:]: 0o755,
    "root": 0o700,
    "home": 0o755,
    "tmp": 0o1777,
    "var/tmp": 0o1777,
    "var/log": 0o755,
    "var/cache": 0o755,
    "usr/local/bin": 0o755,
    "usr/local/lib": 0o755,
    in_image.APP[1:]: 0o755,
}
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_CERTIFICATES = "usr/share/ca-certificates/"


def entries(python: str) -> list[Entry]:
    """Accounts, folders and settings of every image."""
    return [
        *(folder(path, mode) for path, mode in _FOLDERS.items()),
        file("etc/passwd", _PASSWD.encode()),
        file("etc/group", _GROUP.encode()),
        file("etc/nsswitch.conf", _NSSWITCH.encode()),
        # An engine binds its own over these three; a file can only be bound over a file.
        file("etc/hosts", b""),
        file("etc/hostname", b""),
        file("etc/resolv.conf", b""),
        file("etc/timezone", b"Etc/UTC\n"),
        symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),
        symlink("etc/mtab", "/proc/mounts"),
        # Debian's Python links there; a link to nothing would be tried at each start.
        file(f"etc/python{python}/sitecustomize.py", b""),
        symlink("usr/bin/python3", f"python{python}"),
        # As python-is-python3 has it, and what everybody writes.
        symlink("usr/bin/python", "python3"),
    ]


def certificates(files: Mapping[str, Entry]) -> list[Entry]:
    """One bundle of all authorities, where OpenSSL and everybody else looks for it."""
    single = [files[path] for path in sorted(files) if is_certificate(path, files[path])]
    if not single:
        return []
    bundle = b"".join(_bytes(entry).rstrip(b"\n") + b"\n" for entry in single)
    return [
        file(_BUNDLE, bundle),
        symlink("usr/lib/ssl/certs", "/etc/ssl/certs"),
        symlink("usr/lib/ssl/cert.pem", f"/{_BUNDLE}"),
    ]


def is_certificate(path: str, entry: Entry) -> bool:
    """Whether an entry is an authority's certificate, which the bundle makes needless."""
    return path.startswith(_CERTIFICATES) and path.endswith(".crt") and entry.kind is Kind.FILE


def shell(files: Mapping[str, Entry]) -> list[Entry]:
    """/bin/sh, where there is a shell and no package brings the name."""
    if "usr/bin/sh" in files:
        return []
    return [symlink("usr/bin/sh", name) for name in ("dash", "bash") if f"usr/bin/{name}" in files][
        :1
    ]


def _bytes(entry: Entry) -> bytes:
    return entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()
