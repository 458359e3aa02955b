"""Signing by who one is instead of by a key: sigstore's public service, which needs the internet.

An identity provider vouches for the signer, Fulcio gives a certificate that holds for ten minutes,
and Rekor, a log that all can read, keeps that it was used in time. sigstore-python does all of it;
it comes with the extra `keyless`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.bills.signatures.bundle import Bundle
from lading.bills.signatures.trust import Verdict
from lading.errors import SignatureError
from lading.oci import Artifact, Descriptor

if TYPE_CHECKING:
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier

TOKEN = "SIGSTORE_ID_TOKEN"
"""An identity token, where no provider can be found or asked."""
_INSTALL = "install Lading with its extra `keyless`"
_SIGN = "sign by a key, with --key, where there is none"


@dataclass(frozen=True)
class IdentitySigner:
    """Satisfies `Signer`."""

    who: str
    _context: SigningContext
    _token: object

    @classmethod
    def of_user(cls) -> IdentitySigner:
        """Asks the CI's provider, or the user in a browser. Raises SignatureError."""
        try:
            from sigstore.errors import Error
            from sigstore.models import ClientTrustConfig
            from sigstore.oidc import IdentityToken, Issuer, detect_credential
            from sigstore.sign import SigningContext
        except ImportError as error:
            raise SignatureError("sigstore is not installed", todo=_INSTALL) from error
        try:
            config = ClientTrustConfig.production()
            said = os.environ.get(TOKEN) or detect_credential()
            issuer = config.signing_config.get_oidc_url()
            token = IdentityToken(said) if said else Issuer(issuer).identity_token()
            return cls(token.identity, SigningContext.from_trust_config(config), token)
        except (Error, OSError) as error:
            raise _failed(error) from error

    def bundle(self, payload: bytes) -> bytes:
        from sigstore.dsse import Statement
        from sigstore.errors import Error
        from sigstore.oidc import IdentityToken

        assert isinstance(self._token, IdentityToken)
        try:
            with self._context.signer(self._token) as signer:
                return signer.sign_dsse(Statement(payload)).to_json().encode()
        except (Error, OSError) as error:
            raise _failed(error) from error

    def simple(self, subject: Descriptor, reference: str, seconds: int) -> Artifact | None:
        return None

    def made(self, artifact: Artifact) -> bool:
        return False


@dataclass(frozen=True)
class Identity:
    """Satisfies `Trust`: this identity signed, as that issuer vouched."""

    identity: str
    issuer: str
    _verifier: Verifier

    @classmethod
    def of(cls, identity: str, issuer: str) -> Identity:
        """Fetches what sigstore is trusted by. Raises SignatureError."""
        try:
            from sigstore.errors import Error
            from sigstore.verify import Verifier
        except ImportError as error:
            raise SignatureError("sigstore is not installed", todo=_INSTALL) from error
        try:
            return cls(identity, issuer, Verifier.production())
        except (Error, OSError) as error:
            raise _failed(error, "verify by keys, with --key, where there is none") from error

    def bundle(self, bundle: Bundle) -> Verdict:
        from sigstore.errors import Error
        from sigstore.models import Bundle as Theirs
        from sigstore.verify import policy

        if bundle.hint is not None:
            return Verdict(why="it is by a key, not by an identity; name which with --key")
        try:
            theirs = Theirs.from_json(bundle.raw)
            wanted = policy.Identity(identity=self.identity, issuer=self.issuer)
            kind, payload = self._verifier.verify_dsse(theirs, wanted)
        except Error as error:
            return Verdict(why=f"not signed by {self.identity}: {_first_line(error)}")
        if (kind, payload) != (bundle.payload_type, bundle.payload):
            return Verdict(why="sigstore verified another payload")
        return Verdict(who=f"{self.identity} ({self.issuer})")

    def simple(self, artifact: Artifact) -> Verdict:
        return Verdict(why="it is in cosign's older form, which is verified by keys alone")


def _failed(error: Exception, otherwise: str = _SIGN) -> SignatureError:
    problem = "sigstore cannot be used, which needs the internet"
    return SignatureError(problem, came=_first_line(error), todo=otherwise)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
