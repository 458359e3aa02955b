"""Credentials are found where Docker and Podman keep them, and shown nowhere."""

from __future__ import annotations

import base64
import json

import pytest

from lading.errors import RegistryError
from lading.stores.registry.credentials import Credentials, Keyring

SECRET = "s3cret-of-ada"
AUTH = base64.b64encode(f"ada:{SECRET}".encode()).decode()
HELPER = """\
#!/bin/sh
read server
echo "$1 $server" >> "$HOME/asked"
case $server in
known.example.org) echo '{"ServerURL": "x", "Username": "ada", "Secret": "s3cret-of-ada"}' ;;
token.example.org) echo '{"Username": "<token>", "Secret": "refresh-me"}' ;;
broken.example.org) echo 'no JSON: s3cret-of-ada' ;;
locked.example.org) echo 'the keyring is locked' >&2; exit 1 ;;
*) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


@pytest.fixture
def home(tmp_path):
    for folder in (".docker", ".config/containers", "run/containers", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    program = tmp_path / "bin" / "docker-credential-tests"
    program.write_text(HELPER)
    program.chmod(0o755)
    return tmp_path


def keyring(home, **environ):
    return Keyring({"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", **environ})


def docker(home, **document):
    (home / ".docker" / "config.json").write_text(json.dumps(document))


def test_nothing_is_found_where_there_is_nothing(home):
    assert keyring(home).find("ghcr.io", "team/app") is None


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("ghcr.io", "ghcr.io"),
        ("ghcr.io", "https://ghcr.io/v2/"),
        ("localhost:5000", "localhost:5000"),
        ("docker.io", "https://index.docker.io/v1/"),
        ("docker.io", "docker.io"),
    ],
)
def test_dockers_file_is_read(home, host, key):
    docker(home, auths={key: {"auth": AUTH}})
    found = keyring(home).find(host, "team/app")
    assert found == Credentials("ada", SECRET, str(home / ".docker" / "config.json"))
    assert SECRET not in repr(found)


def test_the_narrowest_entry_counts(home):
    other = base64.b64encode(b"bob:his").decode()
    docker(home, auths={"ghcr.io": {"auth": other}, "ghcr.io/team": {"auth": AUTH}})
    assert keyring(home).find("ghcr.io", "team/app").user == "ada"
    assert keyring(home).find("ghcr.io", "teams/app").user == "bob"


@pytest.mark.parametrize(
    ("path", "environ"),
    [
        ("run/containers/auth.json", {"XDG_RUNTIME_DIR": "{home}/run"}),
        (".config/containers/auth.json", {}),
        ("own.json", {"REGISTRY_AUTH_FILE": "{home}/own.json"}),
    ],
)
def test_podmans_files_are_read(home, path, environ):
    (home / path).write_text(json.dumps({"auths": {"ghcr.io": {"auth": AUTH}}}))
    given = {name: text.format(home=home) for name, text in environ.items()}
    assert keyring(home, **given).find("ghcr.io", "team/app").source == str(home / path)


def test_variables_come_first_and_are_for_their_registry_alone(home):
    docker(home, auths={"ghcr.io": {"auth": AUTH}})
    environ = {
        "LADING_REGISTRY_HOST": "ghcr.io",
        "LADING_REGISTRY_USER": "ci",
        "LADING_REGISTRY_PASSWORD": "x",
    }
    assert keyring(home, **environ).find("ghcr.io", "team/app").user == "ci"
    assert keyring(home, **environ).find("quay.io", "team/app") is None
    del environ["LADING_REGISTRY_HOST"]
    with pytest.raises(RegistryError) as caught:
        keyring(home, **environ).find("ghcr.io", "team/app")
    assert str(caught.value) == (
        "the environment: LADING_REGISTRY_HOST is not set; set all three of them or none"
    )


def test_a_variable_that_names_no_host_is_told(home):
    environ = {
        "LADING_REGISTRY_HOST": "https://ghcr.io",
        "LADING_REGISTRY_USER": "ci",
        "LADING_REGISTRY_PASSWORD": SECRET,
    }
    with pytest.raises(RegistryError) as caught:
        keyring(home, **environ).find("ghcr.io", "team/app")
    assert str(caught.value) == (
        "LADING_REGISTRY_HOST: names no registry: expected a host and its port, such as ghcr.io or "
        "localhost:5000, got https://ghcr.io"
    )


def test_the_text_of_a_file_may_be_in_a_variable(home):
    text = json.dumps({"auths": {"ghcr.io": {"auth": AUTH}}})
    found = keyring(home, DOCKER_AUTH_CONFIG=text).find("ghcr.io", "team/app")
    assert (found.user, found.source) == ("ada", "DOCKER_AUTH_CONFIG")


def test_programs_are_asked_by_dockers_protocol(home):
    docker(home, credHelpers={"known.example.org": "tests", "token.example.org": "tests"})
    found = keyring(home).find("known.example.org", "x")
    assert found == Credentials("ada", SECRET, "docker-credential-tests")
    token = keyring(home).find("token.example.org", "x")
    assert (token.user, token.password, token.identity_token) == ("", "", "refresh-me")
    assert (home / "asked").read_text() == "get known.example.org\nget token.example.org\n"


def test_a_program_for_all_that_knows_nothing_leaves_it_to_the_file(home):
    docker(home, credsStore="tests", auths={"ghcr.io": {"auth": AUTH}})
    assert keyring(home).find("ghcr.io", "x").source.endswith("config.json")
    assert keyring(home).find("docker.io", "library/x") is None
    assert (home / "asked").read_text().splitlines()[-1] == "get https://index.docker.io/v1/"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (
            "locked.example.org",
            "docker-credential-tests: has no credentials for locked.example.org: got the keyring "
            "is locked",
        ),
        (
            "broken.example.org",
            "docker-credential-tests: cannot be understood: expected JSON with Username and "
            "Secret, got something else",
        ),
    ],
)
def test_a_program_that_fails_is_told_in_words(home, host, said):
    docker(home, credsStore="tests")
    with pytest.raises(RegistryError) as caught:
        keyring(home).find(host, "x")
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["absent", "../bin/sh", "a b"])
def test_a_program_that_is_not_there_is_named(home, name):
    docker(home, credHelpers={"ghcr.io": name})
    with pytest.raises(RegistryError) as caught:
        keyring(home).find("ghcr.io", "x")
    assert str(caught.value) == (
        f"{home}/.docker/config.json: names the program docker-credential-{name}, which is not "
        "installed; install it, or log in to ghcr.io without it"
    )


@pytest.mark.parametrize("text", ["", "[]", '{"auths": ', f'"{SECRET}"'])
def test_a_file_that_is_damaged_is_named_and_not_shown(home, text):
    (home / ".docker" / "config.json").write_text(text)
    with pytest.raises(RegistryError) as caught:
        keyring(home).find("ghcr.io", "x")
    assert str(caught.value) == (
        f"{home}/.docker/config.json: cannot be read: expected JSON as `docker login` writes it, "
        "got something else"
    )


@pytest.mark.parametrize(
    "entry", [{}, {"auth": ""}, {"auth": 3}, {"username": "ada"}, {"identitytoken": 4}, []]
)
def test_an_entry_that_holds_nothing_is_passed_over(home, entry):
    docker(home, auths={"ghcr.io": entry})
    assert keyring(home).find("ghcr.io", "x") is None
