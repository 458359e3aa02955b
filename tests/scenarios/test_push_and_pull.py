"""What is built here runs elsewhere: pushed to a registry, pulled, and not built again."""

from __future__ import annotations

import json
import shutil

import pytest

from lading.oci import Digest
from tests import registries
from tests.scenarios.conftest import App, free_port

EVERYTHING_IS_OUT_OF_REACH = {
    "http_proxy": "http://127.0.0.1:1",
    "https_proxy": "http://127.0.0.1:1",
    "no_proxy": "127.0.0.1",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with registries.running(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(scope="module")
def app(make_app, registry):
    app = make_app("shipped")
    settings = app.settings.read_text()
    app.settings.write_text(
        f"{settings}registry: {registry}/team\nregistries: {{'{registry}': {{insecure: true}}}}\n"
    )
    app.ok("lock")
    app.ok("build")
    return app


@pytest.fixture(scope="module")
def pushed(app):
    (found,) = app.json("push")
    return found


def elsewhere(app, folder):
    """A copy of the app on a machine that has nothing, and from which nothing can be reached."""
    copy = folder / app.folder.name
    shutil.copytree(app.folder, copy)
    port = free_port()
    environ = {"LADING_HOME": str(folder / "home"), **EVERYTHING_IS_OUT_OF_REACH}
    other = App(copy, port, environ)
    other.change(f"port: {app.port}", f"port: {port}")
    return other


def test_each_image_is_named_after_app_and_service(app, registry, pushed):
    built = app.json("build")[0]["digest"]
    assert pushed["image"] == f"{registry}/team/shipped/probe@{built}"
    assert pushed["tag"] == "latest"
    assert app.ok("push") == f"{registry}/team/shipped/probe@{built}\n"


def test_a_tag_costs_nothing(app, registry, pushed):
    (again,) = app.json("push", "probe", "--to", f"{registry}/elsewhere/probe:1", "--insecure")
    assert again["image"].startswith(f"{registry}/elsewhere/probe@")
    (tagged,) = app.json("push", "--tag", "1.0")
    assert (tagged["sent"], tagged["mounted"]) == (0, 0)


def test_what_was_pulled_runs_and_is_not_built(app, pushed, tmp_path):
    other = elsewhere(app, tmp_path)
    (pulled,) = other.json("pull")
    assert pulled["digest"] == pushed["digest"]
    try:
        other.ok("up", "-d")
        assert other.ask("echo", text="ahoy") is not None
        assert other.replica()["image"] == pushed["digest"]
    finally:
        other.lading("down")
    assert other.json("pull")[0]["attached"] == pulled["attached"]
    # A build is made here, of downloads that cannot be had.
    assert "cannot be downloaded" in other.refused("build")


def test_what_was_pulled_runs_where_neither_source_nor_lock_is(app, pushed, tmp_path):
    other = elsewhere(app, tmp_path)
    for path in other.folder.iterdir():
        if path != other.settings:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert other.refused("up", "-d", "--no-build") == (
        "lading: shipped/probe: no image is there that could run without being built; "
        "run `lading pull`, or leave --no-build out\n"
    )
    other.ok("pull")
    plan = other.ok("up", "--no-build", "--dry-run")
    assert plan == "  + probe  new\nthis was a dry run: nothing was done\n"
    try:
        other.ok("up", "-d", "--no-build")
        assert json.loads(other.ok("predict", "probe", "-i", "action=echo", "-i", "text=ahoy"))
        assert other.replica()["image"] == pushed["digest"]
        assert pushed["digest"] in other.ok("bill")
        assert other.ok("up", "-d", "--no-build").startswith("  = 1 unchanged")
        (again,) = other.json("push", "--tag", "again")
        assert again["digest"] == pushed["digest"]
    finally:
        other.lading("down")


def test_where_keys_are_named_what_they_signed_is_pulled_and_not_built(
    app, registry, pushed, tmp_path
):
    no_password = {"COSIGN_PASSWORD": ""}
    app.lading("keygen", str(tmp_path / "release"), **no_password)
    other = elsewhere(app, tmp_path)
    other.change('ignore: ["*.lock"]', 'ignore: ["*.lock", "*.pub"]')
    other.change("registry: ", "signatures: {keys: [release.pub]}\nregistry: ")
    shutil.copy(tmp_path / "release.pub", other.folder)
    # By another key, where the store is one of an earlier run.
    refused = other.refused("pull")
    assert f"lading: {registry}/team/shipped/probe:latest: " in refused
    assert refused.endswith("; have it signed where it was built, and pushed again\n")
    assert other.json("images")["images"] == [{"missing": "not built", "name": "probe"}]
    # What has the name may have been pulled before keys were named.
    keys = "signatures: {keys: [release.pub]}\nregistry: "
    other.change(keys, "registry: ")
    other.ok("pull")
    other.change("registry: ", keys)
    refused = other.refused("up", "--no-build", "--dry-run")
    assert refused.startswith("lading: shipped/probe: ")
    assert refused.endswith("; pull one that is, run `lading sign`, or leave --no-build out\n")
    signed = app.lading("sign", "--key", str(tmp_path / "release.key"), **no_password)
    assert "  image, SBOM, provenance, layers: signed by key " in signed.stdout
    app.ok("push")
    other.ok("pull")
    other.ok("up", "--no-build", "--dry-run")
    other.ok("export", "archive", "probe", "--output", str(tmp_path / "probe.tar"))


def test_the_image_of_another_service_is_not_pulled_for_this_one(app, registry, pushed, tmp_path):
    other = elsewhere(app, tmp_path)
    other.change("app: shipped", "app: thief")
    assert other.refused("pull", "--from", f"{registry}/team/shipped/probe:latest").endswith(
        f"lading: {registry}/team/shipped/probe:latest: is the image of something else: expected "
        "an image of thief/probe, got shipped/probe; name the place by --from\n"
    )
    assert other.json("images")["images"] == [{"missing": "not built", "name": "probe"}]


def test_who_pushes_an_image_of_earlier_source_is_told(app, pushed, tmp_path):
    other = elsewhere(app, tmp_path)
    other.ok("pull")
    assert other.lading("push").stderr.count("lading: ") == 0
    other.change("import", "# more\nimport", "probe.py")
    assert (
        "lading: probe: this image was built of other settings, another lock, source or Lading "
        "than are here now; `lading build` makes one of these\n"
    ) in other.lading("push").stderr


def test_who_pushes_what_does_not_run_is_told(app, pushed):
    code = app.folder / "probe.py"
    as_pushed = code.read_text()
    code.write_text(f"{as_pushed}# more\n")
    try:
        app.ok("up", "-d")
        runs = Digest.parse(app.replica()["image"]).short
        code.write_text(as_pushed)
        app.ok("build")
        told = f"another image runs, {runs}; what was built or pulled last is meant"
        for command in ("push", "bill"):
            said = app.lading(command).stderr
            assert f"lading: probe: {told}\n" in said
            assert said.count("lading: ") == 1
    finally:
        app.lading("down")


def test_a_pull_that_finds_nothing_changes_nothing(app, registry, pushed):
    # Of the store as a whole other tests may write meanwhile.
    before = app.json("images")["images"]
    said = app.refused("pull", "--tag", "never-pushed")
    assert said == (
        f"lading: {registry}/team/shipped/probe: cannot pull never-pushed: it is not there: got "
        "HTTP status 404, MANIFEST_UNKNOWN: manifest unknown; push it there, or name another tag "
        "by --tag\n"
    )
    assert app.json("images")["images"] == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("push", "--to", "Team"),
            "lading: --to: is no place in a registry: expected a host, and a path in lower case or "
            "none, such as registry.example.org/team, or for one service "
            "registry.example.org/team/name:tag, got Team\n",
        ),
        (
            ("push", "--to", "ghcr.io/team/x:1", "--tag", "2"),
            "lading: --to ghcr.io/team/x:1: has a tag already, or a digest; leave out --tag\n",
        ),
        (
            ("push", "--tag", "a b"),
            "lading: --tag: expected letters, digits, '.', '_', '-', got a b\n",
        ),
        (
            ("push", "nobody"),
            "lading: the app has no service or step 'nobody': expected one of probe\n",
        ),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(app, arguments, said):
    assert app.refused(*arguments, code=2) == said


def test_what_is_not_built_is_not_pushed(app, tmp_path):
    other = elsewhere(app, tmp_path)
    assert other.refused("push") == (
        "lading: probe: there is no such image in the store; run `lading build`, or `lading pull`\n"
    )


def test_no_password_is_in_any_message(app, registry, tmp_path):
    other = elsewhere(app, tmp_path)
    auths = {registry: {"auth": "YWRhOmgwcnNl"}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    done = other.lading("pull", "--tag", "no", DOCKER_CONFIG=str(tmp_path))
    assert done.returncode == 1 and "h0rse" not in done.stderr + done.stdout
