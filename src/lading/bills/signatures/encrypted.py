"""cosign's way to keep a private key under a password.

Source: secure-systems-lab/go-securesystemslib, package encrypted: JSON that names a key derivation
(scrypt) and a cipher (NaCl's secretbox: XSalsa20 and Poly1305), each with its parameters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from lading.errors import SignatureError, StoreError, WrongPassword
from lading.oci.document import Document, shown

_SALT_BYTES = 32
_KEY_BYTES = 32
_KDF, _CIPHER = "scrypt", "nacl/secretbox"


@dataclass(frozen=True)
class _Cost:
    """Of scrypt (RFC 7914): time and memory grow with N × r."""

    n: int = 2**16
    r: int = 8
    p: int = 1

    def is_bearable(self) -> bool:
        """At most 1 GiB and some seconds: what others wrote must not stop this machine."""
        power = self.n >= 2 and self.n & (self.n - 1) == 0
        return power and self.n * max(self.r, 1) <= 2**23 and 1 <= self.r <= 16 and 1 <= self.p <= 4


def encrypt(content: bytes, password: bytes) -> bytes:
    """JSON that cosign decrypts by the same password, which may be empty."""
    salt, nonce, cost = os.urandom(_SALT_BYTES), os.urandom(SecretBox.NONCE_SIZE), _Cost()
    sealed = SecretBox(_derived(password, salt, cost)).encrypt(content, nonce).ciphertext
    document = {
        "kdf": {
            "name": _KDF,
            "params": {"N": cost.n, "r": cost.r, "p": cost.p},
            "salt": _text(salt),
        },
        "cipher": {"name": _CIPHER, "nonce": _text(nonce)},
        "ciphertext": _text(sealed),
    }
    return json.dumps(document, separators=(",", ":")).encode()


def decrypt(document: bytes, password: bytes, where: str) -> bytes:
    """What was encrypted. Raises WrongPassword, or SignatureError for what is not of this form."""
    try:
        read = Document.parse(document, where)
        kdf, cipher = read.child("kdf"), read.child("cipher")
        _expect(kdf, _KDF)
        _expect(cipher, _CIPHER)
        params = kdf.child("params")
        cost = _Cost(params.whole("N"), params.whole("r"), params.whole("p"))
        salt, nonce = _bytes(kdf, "salt"), _bytes(cipher, "nonce")
        sealed = _bytes(read, "ciphertext")
    except StoreError as error:
        raise SignatureError(error.problem, error.where, error.expected, error.came) from error
    if not cost.is_bearable() or len(nonce) != SecretBox.NONCE_SIZE:
        raise SignatureError("the key's encryption is out of bounds", where, came=shown(vars(cost)))
    try:
        return SecretBox(_derived(password, salt, cost)).decrypt(sealed, nonce)
    except CryptoError as error:
        raise WrongPassword("the password does not open the key", where) from error


def _derived(password: bytes, salt: bytes, cost: _Cost) -> bytes:
    # OpenSSL counts what it needs besides into its limit.
    memory = 128 * cost.n * cost.r + 2**20
    return hashlib.scrypt(
        password, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_KEY_BYTES
    )


def _expect(part: Document, name: str) -> None:
    if part.text("name") != name:
        came = shown(part.text("name"))
        raise StoreError(where=part.at("name"), expected=shown(name), came=came)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(part: Document, key: str) -> bytes:
    try:
        return base64.b64decode(part.text(key), validate=True)
    except binascii.Error as error:
        raise StoreError(where=part.at(key), expected="base64", came="other text") from error
