import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lading.bills.signatures import encrypted, keys
from lading.errors import SignatureError, WrongPassword

NONE = serialization.NoEncryption()
KINDS = "expected an ECDSA P-256, Ed25519 or RSA key (2048 bits or more)"


def pem(key: object, form: str = "PKCS8", password: bytes = b"") -> bytes:
    cover = serialization.BestAvailableEncryption(password) if password else NONE
    return key.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), cover
    )


MADE = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "RSA": rsa.generate_private_key(65537, 2048),
}


def test_a_new_key_is_read_back_by_its_password():
    made = keys.generate("new")
    file = made.encrypted("pass wörd".encode())
    assert file.startswith(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
    assert keys.is_encrypted(file)
    assert keys.read_private(file, "x.key", "pass wörd".encode()) == made


def test_what_is_encrypted_is_in_the_form_of_cosign():
    body = base64.b64decode(b"".join(keys.generate("new").encrypted(b"").splitlines()[1:-1]))
    document = json.loads(body)
    assert document["kdf"]["name"] == "scrypt"
    assert document["kdf"]["params"] == {"N": 65536, "r": 8, "p": 1}
    assert document["cipher"]["name"] == "nacl/secretbox"
    assert len(base64.b64decode(document["kdf"]["salt"])) == 32
    assert len(base64.b64decode(document["cipher"]["nonce"])) == 24


def test_another_password_is_told():
    file = keys.generate("new").encrypted(b"right")
    with pytest.raises(WrongPassword, match=r"^x\.key: the password does not open the key$"):
        keys.read_private(file, "x.key", b"wrong")


@pytest.mark.parametrize("kind", MADE)
def test_keys_in_pem_sign_and_verify(kind):
    key = keys.read_private(pem(MADE[kind]), "x.key")
    public = keys.read_public(key.public.pem, "x.pub")
    signature = key.sign(b"message")
    assert public == key.public
    assert public.verifies(signature, b"message")
    assert not public.verifies(signature, b"another message")
    assert not public.verifies(b"nonsense", b"message")
    assert not keys.generate("other").public.verifies(signature, b"message")


@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8"])
def test_older_forms_of_pem_are_read(form):
    assert keys.read_private(pem(MADE["P-256"], form), "x.key").public.short


def test_pem_under_a_password_is_read_by_it():
    file = pem(MADE["P-256"], password=b"pw")
    assert keys.read_private(file, "x.key", b"pw") == keys.read_private(pem(MADE["P-256"]), "y")
    with pytest.raises(WrongPassword, match=r"^x\.key: the password does not open the key$"):
        keys.read_private(file, "x.key", b"no")
    problem = r"^x\.key: the key is encrypted, and there is no password$"
    with pytest.raises(WrongPassword, match=problem):
        keys.read_private(file, "x.key")


@pytest.mark.parametrize(
    ("made", "came"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "secp384r1"),
        (rsa.generate_private_key(65537, 1024), "RSA, 1024 bits"),
    ],
)
def test_keys_of_another_kind_are_refused(made, came):
    with pytest.raises(SignatureError) as caught:
        keys.read_private(pem(made), "x.key")
    assert str(caught.value) == f"x.key: not a key that signs images: {KINDS}, got {came}"


def test_the_wrong_half_of_a_pair_is_told():
    made = keys.generate("x")
    with pytest.raises(SignatureError) as caught:
        keys.read_public(made.encrypted(b""), "x.key")
    assert str(caught.value) == (
        "x.key: this key is private; give the public one, and keep this one where nobody reads it"
    )
    with pytest.raises(SignatureError) as caught:
        keys.read_private(made.public.pem, "x.pub")
    assert str(caught.value) == "x.pub: this key is public; give the private one to sign"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x: not a key: expected a key in PEM, got no PEM block"),
        (b"s3cret", "x: not a key: expected a key in PEM, got no PEM block"),
        (
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            f"x: not a public key: {KINDS}, got PUBLIC KEY",
        ),
        (
            b"-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----",
            "x: not a key: expected a key in PEM, got -----BEGIN PUBLIC KEY-----",
        ),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(content, said):
    with pytest.raises(SignatureError) as caught:
        keys.read_public(content, "x")
    assert str(caught.value) == said


def test_what_others_encrypted_must_not_stop_this_machine():
    document = json.loads(encrypted.encrypt(b"x", b""))
    for params in ({"N": 2**30, "r": 8, "p": 1}, {"N": 65537, "r": 8, "p": 1}):
        document["kdf"]["params"] = params
        with pytest.raises(SignatureError, match=r"^x: the key's encryption is out of bounds"):
            encrypted.decrypt(json.dumps(document).encode(), b"", "x")


def test_another_encryption_is_named():
    document = json.loads(encrypted.encrypt(b"x", b""))
    document["cipher"]["name"] = "rot13"
    with pytest.raises(SignatureError) as caught:
        encrypted.decrypt(json.dumps(document).encode(), b"", "x")
    assert str(caught.value) == 'x.cipher.name: expected "nacl/secretbox", got "rot13"'


def test_of_several_keys_in_a_file_none_is_passed_over():
    both = keys.generate("a").public.pem + keys.generate("b").public.pem
    with pytest.raises(SignatureError) as caught:
        keys.read_public(both, "both.pub")
    assert str(caught.value) == (
        "both.pub: several keys in one file: expected one; name a file for each"
    )
