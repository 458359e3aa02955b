"""The edits of devices, made to what runc is told.

Source: CDI SPEC.md, "OCI Edits"; OCI runtime specification 1.0.2, config.md and config-linux.md.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lading.engines.cdi.document import DeviceNode, Edits, Hook, Mount
from lading.engines.cdi.specs import Device
from lading.engines.embedded.identity import Identity
from lading.errors import EngineError

_KINDS = {stat.S_IFBLK: "b", stat.S_IFCHR: "c", stat.S_IFIFO: "p"}
# statvfs(3): flags of a mount that a user namespace may not take away from it.
_LOCKED = {os.ST_RDONLY: "ro", os.ST_NOSUID: "nosuid", os.ST_NODEV: "nodev", os.ST_NOEXEC: "noexec"}


def applied(
    configuration: Mapping[str, Any], devices: Sequence[Device], identity: Identity
) -> dict[str, Any]:
    """A container's configuration, with these devices in it.

    Raises EngineError for what a file names and this machine does not have, or this user not.
    """
    edits = [(device, each) for device in devices for each in _edits(device, devices)]
    result = dict(configuration)
    result["process"] = _process(configuration["process"], [x for _, x in edits], identity)
    result["mounts"] = list(configuration["mounts"])
    result["linux"] = dict(configuration["linux"])
    for device, each in edits:
        for mount in each.mounts:
            _mount(result["mounts"], _bind(device, mount, identity))
        for node in each.device_nodes:
            _check_node(device, node, identity)
            if identity.root:
                _add_node(result, node)
            else:
                # Only root makes device nodes; anybody may mount one over a file.
                options = ["bind", "rw", "nosuid", "noexec"]
                _mount(result["mounts"], _entry(node.source, node.path, "bind", options))
        if each.intel_rdt is not None:
            result["linux"]["intelRdt"] = each.intel_rdt
    # What lies deeper is mounted later, or it would be hidden.
    result["mounts"].sort(key=lambda mount: mount["destination"].rstrip("/").count("/"))
    if hooks := _hooks((device, hook) for device, each in edits for hook in each.hooks):
        result["hooks"] = hooks
    return result


def _edits(device: Device, devices: Sequence[Device]) -> list[Edits]:
    """Its own, after those of its file unless another of the devices has brought them."""
    first = next(x for x in devices if x.file == device.file)
    return [device.common, device.own] if first is device else [device.own]


def _process(
    process: Mapping[str, Any], edits: Sequence[Edits], identity: Identity
) -> dict[str, Any]:
    env = dict(entry.split("=", 1) for entry in process["env"])
    env |= dict(entry.split("=", 1) for each in edits for entry in each.env)
    user = dict(process["user"])
    # In a user namespace a group of that number is another one than on this machine.
    groups = [x for each in edits for x in each.groups if x] if identity.root else []
    if groups:
        user["additionalGids"] = sorted({*groups, *user.get("additionalGids", ())})
    return {**process, "env": [f"{name}={value}" for name, value in env.items()], "user": user}


def _add_node(configuration: dict[str, Any], node: DeviceNode) -> None:
    linux, user = configuration["linux"], configuration["process"]["user"]
    kind, major, minor = _numbers(node)
    entry = {
        "path": node.path,
        "type": kind,
        "major": major,
        "minor": minor,
        "uid": user["uid"] if node.uid is None else node.uid,
        "gid": user["gid"] if node.gid is None else node.gid,
    }
    if node.file_mode is not None:
        entry["fileMode"] = node.file_mode
    others = [x for x in linux.get("devices", ()) if x["path"] != node.path]
    linux["devices"] = [*others, entry]
    if "resources" in linux and kind != "p" and node.permissions != "none":
        # Without "m" unless asked for: a container may make no nodes of its own.
        rule = {"allow": True, "type": "b" if kind == "b" else "c", "major": major, "minor": minor}
        rule["access"] = node.permissions or "rw"
        resources = linux["resources"]
        linux["resources"] = {**resources, "devices": [*resources.get("devices", ()), rule]}


def _numbers(node: DeviceNode) -> tuple[str, int, int]:
    """Type, major and minor: those of the file, else those of the node on this machine."""
    if node.type and (node.major or node.type == "p"):
        return node.type, node.major, node.minor
    status = Path(node.source).stat()
    kind = node.type or _KINDS[stat.S_IFMT(status.st_mode)]
    return kind, os.major(status.st_rdev), os.minor(status.st_rdev)


def _check_node(device: Device, node: DeviceNode, identity: Identity) -> None:
    if identity.root and node.type and (node.major or node.type == "p"):
        return
    _check_there(device, node.source, "device node")
    mode = Path(node.source).stat().st_mode
    if stat.S_IFMT(mode) not in _KINDS:
        raise EngineError(
            "not a device node", node.source, f"one of {device.qualified}, by {device.file}"
        )
    # Who has an id that was lent is nobody to whom the node could belong.
    others = stat.S_IROTH | stat.S_IWOTH
    enough = (
        mode & others == others if identity.sub_ids else os.access(node.source, os.R_OK | os.W_OK)
    )
    if not identity.root and not enough:
        raise EngineError(
            f"{device.qualified} is closed to containers of this user",
            node.source,
            expected="a device node that others may read and write",
            came=stat.filemode(mode),
            todo=f"run: sudo chmod o+rw {node.source}",
        )


def _bind(device: Device, mount: Mount, identity: Identity) -> dict[str, Any]:
    options = list(mount.options)
    kind = mount.type or "none"
    if "bind" in options or "rbind" in options or kind in ("bind", "none"):
        _check_there(device, mount.host_path, "mount")
        if "bind" not in options and "rbind" not in options:
            options.append("bind")
        kind = "bind"
        if not identity.root:
            flags = os.statvfs(mount.host_path).f_flag
            options += [x for flag, x in _LOCKED.items() if flags & flag and x not in options]
    return _entry(mount.host_path, mount.container_path, kind, options)


def _entry(source: str, destination: str, kind: str, options: list[str]) -> dict[str, Any]:
    return {"source": source, "destination": destination, "type": kind, "options": options}


def _mount(mounts: list[dict[str, Any]], wanted: dict[str, Any]) -> None:
    """Of two mounts in one place the later one counts."""
    mounts[:] = [x for x in mounts if x["destination"] != wanted["destination"]]
    mounts.append(wanted)


def _hooks(hooks: Iterable[tuple[Device, Hook]]) -> dict[str, list[dict[str, Any]]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for device, hook in hooks:
        if hook.hook_name != "startContainer":
            _check_there(device, hook.path, "hook")
        entry: dict[str, Any] = {"path": hook.path}
        entry |= {"args": list(hook.args)} if hook.args else {}
        entry |= {"env": list(hook.env)} if hook.env else {}
        entry |= {"timeout": hook.timeout} if hook.timeout else {}
        by_name.setdefault(hook.hook_name, []).append(entry)
    return by_name


def _check_there(device: Device, path: str, what: str) -> None:
    if not Path(path).exists():
        raise EngineError(
            f"the {what} of {device.qualified} is not on this machine",
            str(device.file),
            expected=path,
            came="nothing",
            todo="write the file anew with the maker's tool",
        )
