"""Whom to believe: keys, or an identity that vouched for itself to sigstore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lading.bills.signatures import simple
from lading.bills.signatures.bundle import Bundle
from lading.bills.signatures.keys import PublicKey
from lading.oci import Artifact


@dataclass(frozen=True)
class Verdict:
    """On one signature: who made it, or why it does not count."""

    who: str = ""
    why: str = ""


class Trust(Protocol):
    """Judges who signed; what was signed is not its concern."""

    def bundle(self, bundle: Bundle) -> Verdict: ...

    def simple(self, artifact: Artifact) -> Verdict: ...


@dataclass(frozen=True)
class Keys:
    """Satisfies `Trust`: one of these keys signed."""

    keys: tuple[PublicKey, ...]

    def bundle(self, bundle: Bundle) -> Verdict:
        for key in self.keys:
            if bundle.verified_by(key):
                return _by(key)
        if bundle.hint is None:
            return Verdict(why=_KEYLESS)
        for key in self.keys:
            if bundle.hint == key.hint:
                return Verdict(why=f"altered since {key.name} signed it")
        return Verdict(why=f"signed, but not by {self._trusted}")

    def simple(self, artifact: Artifact) -> Verdict:
        for key in self.keys:
            if simple.verified_by(artifact, key):
                return _by(key)
        if simple.is_keyless(artifact):
            return Verdict(why=_KEYLESS)
        return Verdict(why=f"signed, but not by {self._trusted}, or altered since")

    @property
    def _trusted(self) -> str:
        return " or ".join(key.name for key in self.keys)


_KEYLESS = "signed by an identity, not by a key: name whose with --identity and --issuer"


def _by(key: PublicKey) -> Verdict:
    return Verdict(who=f"{key.name} ({key.short})")
