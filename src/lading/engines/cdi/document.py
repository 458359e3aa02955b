"""A CDI specification: one file, with devices of one kind.

Source: CDI SPEC.md 0.3.0 to 1.1.0, "CDI JSON Specification", and schema/defs.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

OLDEST, NEWEST = (0, 3), (1, 1)
"""Versions that are known, by their first two numbers."""
HOOKS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart")
"""Names of hooks that a container here can have. Not poststop: nobody is there to run it."""
_VERSION = re.compile(r"(\d+)\.(\d+)\.\d+(?:[-+].*)?\Z")
_VENDOR = re.compile(r"[A-Za-z](?:[\w.-]{0,251}[A-Za-z0-9])?\Z", re.A)
_CLASS = re.compile(r"[A-Za-z](?:[\w.-]{0,61}[A-Za-z0-9])?\Z", re.A)
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?\Z", re.A)
_VARIABLE = re.compile(r"[^=]+=")


class _Known(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An edit that is not understood cannot be made: such a file is refused as a whole."""


class DeviceNode(_Known, frozen=True):
    """What is not given of `type`, `major` and `minor` is as on this machine."""

    path: str
    host_path: str = ""
    type: str = ""
    major: int = 0
    minor: int = 0
    file_mode: int | None = None
    permissions: str = ""
    uid: int | None = None
    gid: int | None = None

    @property
    def source(self) -> str:
        """The node on this machine."""
        return self.host_path or self.path


class Mount(_Known, frozen=True):
    """A file or folder of this machine, or with another `type` a file system."""

    host_path: str
    container_path: str
    type: str = ""
    options: tuple[str, ...] = ()


class Hook(_Known, frozen=True):
    """`path` is this machine's, but for startContainer."""

    hook_name: str
    path: str
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    timeout: int | None = None
    """Seconds."""


class Edits(_Known, frozen=True):
    """What a container's configuration gets."""

    env: tuple[str, ...] = ()
    device_nodes: tuple[DeviceNode, ...] = ()
    mounts: tuple[Mount, ...] = ()
    hooks: tuple[Hook, ...] = ()
    additional_gids: tuple[int, ...] = ()
    # SPEC.md spells it in both ways.
    additional_gids_too: tuple[int, ...] = msgspec.field(default=(), name="additionalGIDs")
    intel_rdt: dict[str, Any] | None = None
    """As in the OCI runtime specification, config-linux.md, "IntelRdt"."""

    @property
    def groups(self) -> tuple[int, ...]:
        return (*self.additional_gids, *self.additional_gids_too)


class NamedDevice(_Known, frozen=True):
    """A device; its name is its own among those of its kind."""

    name: str
    container_edits: Edits = Edits()
    annotations: dict[str, str] = {}


class Document(_Known, frozen=True):
    """`container_edits` are made for each of its devices, once in a container."""

    cdi_version: str
    kind: str
    devices: tuple[NamedDevice, ...]
    container_edits: Edits = Edits()
    annotations: dict[str, str] = {}


def parse(text: str, is_json: bool) -> Document:
    """Read a specification. Raises ValueError that says in words what is wrong with it."""
    try:
        values = json.loads(text) if is_json else yaml.load(text, Loader=_LOADER)
        document = msgspec.convert(values, Document)
    except msgspec.ValidationError as error:
        raise ValueError(_worded(str(error))) from error
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    for fault in _faults(document):
        raise ValueError(fault)
    return document


def _worded(said: str) -> str:
    """msgspec's sentence, with the place first: "devices[0]: Object missing …"."""
    what, _, where = said.partition(" - at `$.")
    return f"{where.rstrip('`')}: {what}" if where else what


def _faults(document: Document) -> Iterator[str]:
    yield from _version(document.cdi_version)
    vendor, _, kind_class = document.kind.partition("/")
    if not _VENDOR.match(vendor) or not _CLASS.match(kind_class):
        yield f'kind: expected a vendor and a class as in "nvidia.com/gpu", got {document.kind!r}'
    if not document.devices:
        yield "devices: expected at least one, got none"
    yield from _edit_faults("containerEdits", document.container_edits)
    names: set[str] = set()
    for number, device in enumerate(document.devices):
        where = f"devices[{number}]"
        if not _NAME.match(device.name):
            expected = "letters, digits, '_', '.', ':' and '-' between letters or digits"
            yield f"{where}.name: expected {expected}, got {device.name!r}"
        if device.name in names:
            yield f"{where}.name: {device.name!r} is there twice"
        names.add(device.name)
        yield from _edit_faults(f"{where}.containerEdits", device.container_edits)


def _version(text: str) -> Iterator[str]:
    match = _VERSION.match(text.removeprefix("v"))
    if not match or not OLDEST <= (int(match[1]), int(match[2])) <= NEWEST:
        yield f"cdiVersion: expected a version from 0.3.0 to 1.1.0, got {text!r}"


def _edit_faults(where: str, edits: Edits) -> Iterator[str]:
    for number, variable in enumerate(edits.env):
        if not _VARIABLE.match(variable):
            yield f"{where}.env[{number}]: expected NAME=VALUE, got {variable!r}"
    for number, node in enumerate(edits.device_nodes):
        yield from _node_faults(f"{where}.deviceNodes[{number}]", node)
    for number, mount in enumerate(edits.mounts):
        for key, path in (("hostPath", mount.host_path), ("containerPath", mount.container_path)):
            if not path or (key == "containerPath" and not path.startswith("/")):
                yield f"{where}.mounts[{number}].{key}: expected an absolute path, got {path!r}"
    for number, hook in enumerate(edits.hooks):
        yield from _hook_faults(f"{where}.hooks[{number}]", hook)


def _node_faults(where: str, node: DeviceNode) -> Iterator[str]:
    for key, path in (("path", node.path), ("hostPath", node.source)):
        if not path.startswith("/"):
            yield f"{where}.{key}: expected an absolute path, got {path!r}"
    if node.type not in ("", "b", "c", "u", "p"):
        yield f'{where}.type: expected "b", "c", "u" or "p", got {node.type!r}'
    if node.major < 0 or node.minor < 0:
        # The runtime takes -1 for any number there is.
        yield f"{where}: expected numbers from 0, got {node.major}:{node.minor}"
    if node.permissions != "none" and node.permissions.strip("rwm"):
        yield f'{where}.permissions: expected letters of "rwm", got {node.permissions!r}'


def _hook_faults(where: str, hook: Hook) -> Iterator[str]:
    if hook.hook_name not in HOOKS:
        yield f"{where}.hookName: expected one of {', '.join(HOOKS)}, got {hook.hook_name!r}"
    if not hook.path.startswith("/"):
        yield f"{where}.path: expected an absolute path, got {hook.path!r}"
    for number, variable in enumerate(hook.env):
        if not _VARIABLE.match(variable):
            yield f"{where}.env[{number}]: expected NAME=VALUE, got {variable!r}"
    if hook.timeout is not None and hook.timeout <= 0:
        yield f"{where}.timeout: expected seconds from 1, got {hook.timeout}"
