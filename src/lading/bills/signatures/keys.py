"""Keys that sign and keys that verify, in the files that cosign and OpenSSL read and write.

ECDSA on P-256, the usual of cosign, Ed25519 and RSA, over SHA-256 as registries' digests are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from lading.bills.signatures import encrypted
from lading.errors import SignatureError, WrongPassword

_ENCRYPTED = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
_KINDS = "an ECDSA P-256, Ed25519 or RSA key (2048 bits or more)"
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----", re.ASCII)

_Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
_Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class PublicKey:
    """Verifies. Two are equal when they are the same key, wherever they came from."""

    der: bytes
    """SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""
    name: str = field(compare=False)
    """Where it was read, for messages."""
    _key: _Public = field(compare=False, repr=False)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether it is the signature of `message` by this key."""
        try:
            match self._key:
                case ec.EllipticCurvePublicKey():
                    self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
                case ed25519.Ed25519PublicKey():
                    self._key.verify(signature, message)
                case rsa.RSAPublicKey():
                    self._key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    @property
    def hint(self) -> str:
        """What a bundle calls the key by, as cosign does: base64 of the SHA-256 of `der`."""
        return base64.b64encode(hashlib.sha256(self.der).digest()).decode()

    @property
    def short(self) -> str:
        """The first twelve hexadecimal digits of that, for people."""
        return hashlib.sha256(self.der).hexdigest()[:12]

    @property
    def pem(self) -> bytes:
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


@dataclass(frozen=True)
class PrivateKey:
    """Signs."""

    public: PublicKey
    _key: _Private = field(compare=False, repr=False)

    def sign(self, message: bytes) -> bytes:
        """ECDSA's in DER. Another each time, but for Ed25519 and RSA."""
        match self._key:
            case ec.EllipticCurvePrivateKey():
                return self._key.sign(message, ec.ECDSA(hashes.SHA256()))
            case ed25519.Ed25519PrivateKey():
                return self._key.sign(message)
            case rsa.RSAPrivateKey():
                return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def encrypted(self, password: bytes) -> bytes:
        """A file that cosign reads as its own, with the same password."""
        der = self._key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return _pem(_ENCRYPTED[0], encrypted.encrypt(der, password))


def generate(name: str) -> PrivateKey:
    """A new key on P-256, as `cosign generate-key-pair` makes one."""
    return _private(ec.generate_private_key(ec.SECP256R1()), name)


def is_encrypted(content: bytes) -> bool:
    """Whether a private key's file needs a password."""
    return b"ENCRYPTED" in content


def read_private(content: bytes, name: str, password: bytes = b"") -> PrivateKey:
    """A key of cosign's, or one of PKCS #8, PKCS #1 or SEC 1 in PEM. `name` is for messages.

    Raises WrongPassword, and SignatureError for what is no such key.
    """
    label, body = _block(content, name)
    if label == "PUBLIC KEY":
        raise SignatureError("this key is public", name, todo="give the private one to sign")
    try:
        if label in _ENCRYPTED:
            der = encrypted.decrypt(body, password, name)
            key = serialization.load_der_private_key(der, None)
        else:
            key = serialization.load_pem_private_key(content, password or None)
    except TypeError as error:
        raise WrongPassword("the key is encrypted, and there is no password", name) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if is_encrypted(content) and label not in _ENCRYPTED:
            raise WrongPassword("the password does not open the key", name) from error
        raise SignatureError("not a private key", name, expected=_KINDS, came=label) from error
    return _private(key, name)


def read_public(content: bytes, name: str) -> PublicKey:
    """A public key in PEM. Raises SignatureError for anything else; `name` is for messages."""
    label, _ = _block(content, name)
    if len(_PEM.findall(content)) > 1:
        raise SignatureError("several keys in one file", name, "one", todo="name a file for each")
    if "PRIVATE" in label:
        todo = "give the public one, and keep this one where nobody reads it"
        raise SignatureError("this key is private", name, todo=todo)
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError("not a public key", name, expected=_KINDS, came=label) from error
    return _public(key, name)


def _private(key: object, name: str) -> PrivateKey:
    if not isinstance(key, _Private):
        raise SignatureError("not a key that signs images", name, _KINDS, type(key).__name__)
    return PrivateKey(_public(key.public_key(), name), key)


def _public(key: object, name: str) -> PublicKey:
    match key:
        case ec.EllipticCurvePublicKey() if not isinstance(key.curve, ec.SECP256R1):
            raise SignatureError("not a key that signs images", name, _KINDS, key.curve.name)
        case rsa.RSAPublicKey() if key.key_size < 2048:
            came = f"RSA, {key.key_size} bits"
            raise SignatureError("not a key that signs images", name, _KINDS, came)
        case ec.EllipticCurvePublicKey() | ed25519.Ed25519PublicKey() | rsa.RSAPublicKey():
            der = key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return PublicKey(der, name, key)
        case _:
            raise SignatureError("not a key that signs images", name, _KINDS, type(key).__name__)


def _block(content: bytes, name: str) -> tuple[str, bytes]:
    """The label and the content of the first PEM block (RFC 7468)."""
    if found := _PEM.search(content):
        try:
            return found[1].decode(), base64.b64decode(b"".join(found[2].split()), validate=True)
        except binascii.Error:
            pass
    came = content.decode("utf-8", "replace").strip().partition("\n")[0][:40]
    # Never the text of what may be a key.
    shown = came if came.startswith("-----") else "no PEM block"
    raise SignatureError("not a key", name, expected="a key in PEM", came=shown)


def _pem(label: str, body: bytes) -> bytes:
    text = base64.b64encode(body).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()
