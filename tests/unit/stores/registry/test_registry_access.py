"""Who we are to a registry: tokens, passwords, and where they are never sent."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from lading.errors import AccessDenied, RegistryError
from lading.stores.memory import Memory
from lading.stores.registry import Host
from tests.registry_server import Registry, serving
from tests.unit.stores.registry.talking import PLATFORM, place

USER, PASSWORD = "ada", "s3cret-of-ada"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def environ(registry, user=USER, password=PASSWORD):
    return {
        "LADING_REGISTRY_HOST": registry.host,
        "LADING_REGISTRY_USER": user,
        "LADING_REGISTRY_PASSWORD": password,
    }


@dataclass
class Gate:
    """Lets in who has a token that it gave; as a `before` it is the registry's, too."""

    registry: Registry
    anonymous: bool = False
    seconds: int = 300
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)

    def __call__(self, handler) -> bool:
        if handler.path.startswith("/token"):
            return self._token(handler)
        proof = handler.headers.get("Authorization", "")
        if proof.removeprefix("Bearer ") in self.valid:
            return False
        handler.body()
        realm = f'realm="http://{self.registry.host}/token",service="here, there"'
        handler.fail(401, "UNAUTHORIZED", WWW_Authenticate=f"Bearer {realm}")
        return True

    def _token(self, handler) -> bool:
        body = handler.body().decode()
        asked = parse_qs(body) if body else parse_qs(urlsplit(handler.path).query)
        self.asked.append(asked)
        known = handler.headers.get("Authorization") == BASIC
        known = known or asked.get("refresh_token") == ["refresh-me"]
        if not known and not self.anonymous:
            handler.fail(401, "UNAUTHORIZED")
            return True
        self.tokens.append(f"token-{len(self.tokens)}")
        self.valid.add(self.tokens[-1])
        answer = {"token": self.tokens[-1], "expires_in": self.seconds}
        handler.answer(200, json.dumps(answer).encode())
        return True


@pytest.fixture
def gate(registry) -> Gate:
    registry.before = Gate(registry)
    return registry.before


def test_a_token_is_fetched_for_just_what_is_to_be_done(registry, gate, opened, store, image):
    there = opened(registry, environ(registry))
    there.push(image.digest, store, place(registry))
    assert gate.asked == [
        {"service": ["here, there"], "scope": ["repository:team/app/web:pull,push"]}
    ]
    there.pull(place(registry), Memory(), PLATFORM)
    assert gate.asked[1]["scope"] == ["repository:team/app/web:pull"]


def test_a_mount_asks_for_the_right_to_read_there(registry, gate, opened, store, image):
    there = opened(registry, environ(registry))
    there.push(image.digest, store, place(registry))
    pushed = there.push(image.digest, store, place(registry, "team/app/other"))
    assert pushed.mounted == pushed.size
    assert gate.asked[-1]["scope"] == [
        "repository:team/app/other:pull,push",
        "repository:team/app/web:pull",
    ]


def test_what_is_open_to_all_needs_no_credentials(registry, gate, opened, store, image):
    gate.anonymous = True
    there = opened(registry)
    there.push(image.digest, store, place(registry))
    assert all("authorization" not in x or "Bearer" in x["authorization"] for x in registry.sent)


def test_a_token_that_ends_in_the_middle_is_fetched_anew(registry, gate, opened, store, image):
    def forgetful(handler):
        if handler.command == "PATCH" and len(gate.tokens) == 1:
            gate.valid.clear()
        return gate(handler)

    registry.before = forgetful
    pushed = opened(registry, environ(registry)).push(image.digest, store, place(registry))
    assert len(gate.tokens) == 2
    assert pushed.sent == pushed.size


def test_a_token_is_not_used_past_its_time(registry, gate, opened, monkeypatch):
    there = opened(registry, environ(registry))
    with pytest.raises(RegistryError):
        there.resolve(place(registry))
    repository = there._repository(registry.host, "team/app/web", "pull")
    repository.proof.renew([f'Bearer realm="http://{registry.host}/token"'], None)
    before = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: before() + 299)
    assert repository.proof.header() == "Bearer token-2"


def test_an_identity_token_is_exchanged(registry, gate, opened, store, image, tmp_path):
    auths = {registry.host: {"auth": "", "identitytoken": "refresh-me"}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    there = opened(registry, {"DOCKER_CONFIG": str(tmp_path)})
    there.push(image.digest, store, place(registry))
    assert gate.asked == [
        {
            "grant_type": ["refresh_token"],
            "service": ["here, there"],
            "client_id": ["lading"],
            "scope": ["repository:team/app/web:pull,push"],
            "refresh_token": ["refresh-me"],
        }
    ]


def test_wrong_credentials_are_told_from_none(registry, gate, opened, store):
    with pytest.raises(AccessDenied) as caught:
        opened(registry).resolve(place(registry))
    login = (
        f"run `docker login {registry.host}`, or set LADING_REGISTRY_HOST={registry.host}, "
        "LADING_REGISTRY_USER and LADING_REGISTRY_PASSWORD"
    )
    assert str(caught.value) == (
        f"{registry.host}: gives no token: got HTTP status 401 without credentials; {login}"
    )
    with pytest.raises(AccessDenied) as caught:
        opened(registry, environ(registry, password="wr0ng")).resolve(place(registry))
    assert str(caught.value) == (
        f"{registry.host}: credentials are refused: got HTTP status 401 with those of "
        f"LADING_REGISTRY_USER and LADING_REGISTRY_PASSWORD; {login}"
    )
    assert "wr0ng" not in str(caught.value)


def test_passwords_are_sent_where_they_are_asked_for(registry, opened, store, image):
    def closed(handler):
        if handler.headers.get("Authorization") == BASIC:
            return False
        handler.body()
        handler.fail(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="x, y"')
        return True

    registry.before = closed
    opened(registry, environ(registry)).push(image.digest, store, place(registry))
    with pytest.raises(AccessDenied, match="team/app/web: cannot push: expected credentials, or"):
        opened(registry).push(image.digest, store, place(registry))
    with pytest.raises(AccessDenied) as caught:
        opened(registry).resolve(place(registry))
    assert str(caught.value).startswith(
        f"{registry.host}/team/app/web: cannot pull 1: expected credentials, or a repository that "
        "is open to all, got HTTP status 401, UNAUTHORIZED: unauthorized; run `docker login"
    )
    with pytest.raises(AccessDenied) as caught:
        opened(registry, environ(registry, password="wr0ng")).resolve(place(registry))
    assert (
        "the credentials of LADING_REGISTRY_USER and LADING_REGISTRY_PASSWORD are refused"
        in str(caught.value)
    )


def test_a_right_that_is_missing_is_told_from_wrong_credentials(registry, opened, store, image):
    def denied(handler):
        if handler.command in ("GET", "HEAD"):
            return False
        handler.body()
        handler.fail(403, "DENIED")
        return True

    registry.before = denied
    with pytest.raises(AccessDenied) as caught:
        opened(registry).push(image.digest, store, place(registry))
    assert str(caught.value) == (
        f"{registry.host}/team/app/web: may not push: got HTTP status 403, DENIED: denied; "
        "ask for the right to push; credentials: none"
    )


def test_another_hosts_credentials_are_never_sent(registry, opened, store):
    given = {**environ(registry), "LADING_REGISTRY_HOST": "ghcr.io"}

    def closed(handler):
        handler.fail(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="x"')
        return True

    registry.before = closed
    with pytest.raises(AccessDenied):
        opened(registry, given).resolve(place(registry))
    assert all("authorization" not in x for x in registry.sent)


def test_where_blobs_are_elsewhere_no_credentials_go_along(registry, gate, opened, store, image):
    with serving() as storage:
        there = opened(registry, environ(registry))
        there.push(image.digest, store, place(registry))
        storage.blobs = {("x", digest): content for (_, digest), content in registry.blobs.items()}

        def elsewhere(handler):
            if handler.command == "GET" and "/blobs/sha256" in handler.path:
                digest = handler.path.rpartition("/")[2]
                target = f"http://{storage.host}/v2/x/blobs/{digest}?signature=of-the-registry"
                handler.answer(307, Location=target)
                return True
            return gate(handler)

        registry.before = elsewhere
        other = Memory()
        assert there.pull(place(registry), other, PLATFORM) == image
        assert len(storage.asked) >= 3
        assert all("authorization" not in x for x in storage.sent)


def test_redirects_in_circles_end(registry, opened):
    registry.before = lambda handler: handler.answer(302, Location=handler.path) or True
    with pytest.raises(RegistryError, match="redirects us in circles: got 6 times"):
        opened(registry).resolve(place(registry))


def test_credentials_go_to_no_token_server_without_tls(registry, opened):
    from lading.stores.registry.challenges import Challenge
    from lading.stores.registry.credentials import Credentials
    from lading.stores.registry.tokens import Proof

    def never(request):
        raise AssertionError(request)

    proof = Proof("ghcr.io", [], lambda: Credentials("a", "b", "there"), never)
    challenge = Challenge("bearer", {"realm": "http://ghcr.io/token"})
    with pytest.raises(RegistryError) as caught:
        proof._take(challenge)
    assert str(caught.value) == (
        "ghcr.io: names no place for tokens: expected the URL of a token server, by https, "
        "got http://ghcr.io/token"
    )


def test_a_mirror_is_asked_first_and_the_registry_when_it_fails(registry, opened, store, image):
    opened(registry).push(image.digest, store, place(registry))
    with serving() as mirror:
        settings = {
            registry.host: Host(mirrors=(f"{mirror.host}/cache",), insecure=True),
            mirror.host: Host(insecure=True),
        }
        there = opened(registry, {}, **settings)
        assert there.pull(place(registry), Memory(), PLATFORM) == image
        assert mirror.count("GET", "/v2/cache/team/app/web/manifests/1") == 1
        mirror.manifests = {
            (f"cache/{name}", key): x for (name, key), x in registry.manifests.items()
        }
        mirror.blobs = {(f"cache/{name}", key): x for (name, key), x in registry.blobs.items()}
        before = len(registry.asked)
        assert there.pull(place(registry), Memory(), PLATFORM) == image
        assert len(registry.asked) == before


def test_a_registry_that_is_not_named_insecure_is_not_asked_by_plain_http(registry, opened):
    there = opened(registry, {}, **{registry.host: Host()})
    with pytest.raises(RegistryError) as caught:
        there.resolve(place(registry))
    assert str(caught.value).startswith(f"{registry.host}: does not speak TLS: got ")
    assert str(caught.value).endswith(
        f"write `registries: {{{registry.host}: {{insecure: true}}}}` into lading.yaml, or for one "
        "push or pull give --insecure"
    )
    assert registry.asked == []
