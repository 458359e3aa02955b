"""One tree of errors: what a user can be told, and nothing else.

    LadingError
    ├── UsageError            the command line itself is wrong (exit code 2)
    ├── SettingsError         lading.yaml, or something it points at
    ├── LockError             lading.lock is missing, stale, edited, or cannot be made
    │   ├── ArchiveError      a Debian archive: signature, index, package
    │   ├── MergeConflict     lading.lock has two sides
    │   └── RequirementsError a Python requirement: unknown, conflicting, source only
    ├── BuildError            an image cannot be assembled from its lock
    ├── StoreError            images on disk
    │   ├── ImageNotFound
    │   └── DamagedBlob       bytes do not have the digest they are stored under
    ├── RegistryError         a registry: out of reach, refusing, not keeping to its protocol
    │   ├── AccessDenied      it wants other credentials, or none will do
    │   └── NotInRegistry     it has nothing of that name or digest
    ├── EngineError           containers
    │   ├── EngineUnavailable this machine lacks what the engine needs
    │   ├── PathNotFound      a container has no such file or folder
    │   └── WorkloadNotFound
    ├── GatewayError          Envoy
    ├── ControllerError       the process that runs an app
    │   ├── AppNotUp
    │   ├── NotReady          services that do not get ready
    │   └── AppBusy
    ├── SignatureError        a key or a signature
    │   ├── NotSigned         what was to be signed is not, or not by a key that is trusted
    │   └── WrongPassword     a key that is encrypted stays closed
    ├── AuditError            a database of vulnerabilities, a licence
    ├── StateError            the database
    │   └── StateAway         it does not answer, and may again
    └── PredictionFailed      a service answered with a problem

A message says where, what is wrong, what was expected, what came, and what to do:

    lading.yaml:14: services.ocr.scale.min: expected a whole number from 1, got 0; raise it to 1

Anything that is raised and is not a LadingError is a defect of Lading.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LadingError(Exception):
    """Base of every error a user sees. Any field but `problem` may be empty.

    `problem` is a phrase without full stop. `where` is a file, `file:line`, key path or name.
    """

    problem: str = ""
    where: str = ""
    expected: str = ""
    came: str = ""
    todo: str = ""

    def __str__(self) -> str:
        difference = ", ".join(
            part
            for part in (
                f"expected {self.expected}" if self.expected else "",
                f"got {self.came}" if self.came else "",
            )
            if part
        )
        text = ": ".join(part for part in (self.where, self.problem, difference) if part)
        return f"{text}; {self.todo}" if self.todo else text


class UsageError(LadingError):
    """The command line itself is wrong."""


class SettingsError(LadingError):
    """lading.yaml, or something it points at, is wrong."""


class LockError(LadingError):
    """lading.lock is missing, stale or edited, or a lock cannot be made."""


class ArchiveError(LockError):
    """A Debian archive does not hold what is needed, or cannot be trusted."""


class MergeConflict(LockError):
    """lading.lock has two sides, and which of them counts is not ours to say."""


class RequirementsError(LockError):
    """A Python requirement is unknown, conflicts, or exists as source only."""


class BuildError(LadingError):
    """An image cannot be assembled from its lock."""


class StoreError(LadingError):
    """Images on disk cannot be read or written."""


class ImageNotFound(StoreError):
    """No image of that name or digest is in the store."""


class DamagedBlob(StoreError):
    """Stored bytes do not have the digest they are stored under."""


class RegistryError(LadingError):
    """A registry cannot be asked, refuses, or does not keep to its protocol."""


class AccessDenied(RegistryError):
    """A registry wants credentials, or refuses those it was given."""


class NotInRegistry(RegistryError):
    """A registry has nothing of that name or digest."""


class EngineError(LadingError):
    """A container cannot be started, seen or stopped."""


class EngineUnavailable(EngineError):
    """This machine lacks something that the engine needs; `todo` is the command that mends it."""


class PathNotFound(EngineError):
    """A container has no file or folder of that path."""


class WorkloadNotFound(EngineError):
    """The engine runs nothing of that name."""


class GatewayError(LadingError):
    """Envoy cannot be started or configured."""


class ControllerError(LadingError):
    """The process that runs an app cannot do what was asked."""


class AppNotUp(ControllerError):
    """No controller runs for this app."""


@dataclass
class NotReady(ControllerError):
    """Services do not get ready; nothing is said of the others."""

    services: frozenset[str] = frozenset()


class AppBusy(ControllerError):
    """Another controller already runs this app."""


class StateError(LadingError):
    """The database cannot be read or written."""


class StateAway(StateError):
    """A server of databases does not answer."""


class SignatureError(LadingError):
    """A key cannot be used, or a signature cannot be made or read."""


class NotSigned(SignatureError):
    """An image, or what is attached to it, has no signature that holds by a key that is trusted."""


class WrongPassword(SignatureError):
    """An encrypted key does not open with this password."""


class AuditError(LadingError):
    """A database of vulnerabilities cannot be read, or a licence is not one."""


class PredictionFailed(LadingError):
    """A service answered a prediction with a problem."""
