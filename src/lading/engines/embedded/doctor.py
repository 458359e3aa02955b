"""What this machine has and lacks for the embedded engine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lading.engines.embedded import cgroups, programs
from lading.engines.embedded.identity import Identity

_TUN = Path("/dev/net/tun")
_SYSCTLS = (
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
_UNDESCRIBED = {
    "nvidiactl": "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
    "kfd": "run: sudo amd-ctk cdi generate --output=/etc/cdi/amd.json",
}
"""A driver's device node, and what describes its GPUs."""


@dataclass(frozen=True)
class Finding:
    """One thing the engine needs, or is better with.

    `detail` says what was found, `mend` the command that brings what is missing. Without what is
    `required` nothing runs at all.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = True


def check(identity: Identity | None = None) -> list[Finding]:
    """Look at this machine, as the user this process runs as."""
    if platform.system() != "Linux":
        return [Finding("linux", False, f"containers need Linux, this is {platform.system()}")]
    who = identity or Identity.current()
    findings = [_program(name) for name in ("runc", "conmon", "unshare", "nsenter", "mount")]
    findings += [_overlay(), network()]
    if not who.root:
        findings += [_user_namespaces(), _ids(who)]
    return [*findings, *_limits(who), gpus()]


def _program(name: str, required: bool = True) -> Finding:
    found = programs.find(name)
    if found is None:
        return Finding(name, False, f"{name} is not installed", programs.installing(name), required)
    return Finding(name, True, found, required=required)


def network() -> Finding:
    """Whether a container that asks for the network can have it."""
    found = _program("slirp4netns", required=False)
    if not found.ok:
        return found
    if not _TUN.exists():
        return Finding("egress", False, f"there is no {_TUN}", "run: sudo modprobe tun", False)
    if not os.access(_TUN, os.R_OK | os.W_OK):
        detail = f"{_TUN} is closed to this user"
        return Finding("egress", False, detail, f"run: sudo chmod 666 {_TUN}", required=False)
    return Finding("egress", True, found.detail, required=False)


def gpus(
    folders: Sequence[Path] = (Path("/etc/cdi"), Path("/var/run/cdi")), dev: Path = Path("/dev")
) -> Finding:
    """Which GPUs containers can be given, and where was looked for them."""
    # Imported where it is asked for: 15 ms.
    from lading.engines.cdi import gpus, specs

    found = specs.read(folders)
    there = gpus.among(found)
    looked = " and ".join(map(str, folders))
    names = f": {', '.join(x.qualified for x in there)}" if there else ""
    count = f"{len(there) or 'no'} GPU{'' if len(there) == 1 else 's'}"
    detail = f"{count} described in {looked}{names}"
    if found.faults:
        mend = "write the files that are named anew with their maker's tool, or remove them"
        return Finding("gpus", False, "; ".join((detail, *found.faults)), mend, required=False)
    for node, mend in _UNDESCRIBED.items():
        if not there and (dev / node).exists():
            detail = f"{detail}, but there is {dev / node}"
            return Finding("gpus", False, detail, mend, required=False)
    return Finding("gpus", True, detail, required=False)


def _overlay() -> Finding:
    text = Path("/proc/filesystems").read_text()
    module = Path("/lib/modules", os.uname().release, "kernel/fs/overlayfs")
    if "overlay" in text.split() or module.is_dir():
        return Finding("overlayfs", True, "the kernel has overlayfs")
    return Finding("overlayfs", False, "the kernel has no overlayfs", "run: sudo modprobe overlay")


def _user_namespaces() -> Finding:
    name = "user namespaces"
    said = programs.say(["unshare", "--user", "--map-root-user", "--mount", "true"])
    if said.returncode == 0:
        return Finding(name, True, "an ordinary user may make user namespaces")
    return Finding(name, False, "an ordinary user may not make user namespaces", _mend_namespaces())


def _mend_namespaces(proc_sys: Path = Path("/proc/sys")) -> str:
    """The setting that forbids them, turned; running as root needs none."""
    for file, bad, good in _SYSCTLS:
        path = proc_sys / file
        if path.exists() and path.read_text().strip() == bad:
            return f"run: sudo sysctl -w {good}"
    return "run as root, or ask who runs this machine to allow them"


def _ids(identity: Identity) -> Finding:
    if identity.sub_ids:
        detail = f"containers run as an id of their own, from {identity.sub_ids.first_user}"
        return Finding("ids", True, detail, required=False)
    return Finding(
        "ids",
        False,
        "containers run as the user who starts them, without any rights",
        f"{programs.installing('newuidmap')} && sudo usermod --add-subuids 100000-165535 "
        f"--add-subgids 100000-165535 $USER",
        required=False,
    )


def _limits(identity: Identity) -> list[Finding]:
    groups = cgroups.detect(identity.root, identity.uid)
    mend = cgroups.delegating(identity.uid, groups.version)
    findings = []
    for name in cgroups.LIMITS.values():
        ok = name not in groups.unenforced
        detail = f"limits of {name} hold" if ok else f"limits of {name} are not held for this user"
        findings.append(Finding(f"limits: {name}", ok, detail, "" if ok else mend, required=False))
    return findings
