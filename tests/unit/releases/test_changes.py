"""What a change of an app would do, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from lading.building.contents import Contents, LayerContents
from lading.building.differences import Changed, Difference
from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases import changes
from lading.releases.changes import Asked, Changes, Outcome, ServiceChange, Setting, compare
from lading.releases.revision import Batching, Foreign, Http, Spec

OLD, NEW = Digest.of(b"old"), Digest.of(b"new")


def contents(execution: Mapping[str, Any] | None = None, **layers: Mapping[str, str]) -> Contents:
    """Layers whose digest follows from what is in them."""
    made = {
        kind: LayerContents((Digest.of(repr(parts).encode()),), lambda parts=parts: parts)  # type: ignore[misc]
        for kind, parts in layers.items()
    }
    return Contents(made, execution or {})


def unmade(kind: str, parts: Mapping[str, str]) -> dict[str, LayerContents]:
    return {kind: LayerContents((None,), lambda: parts)}


def asked(
    image: Digest | None = OLD, told: Contents | None = None, replicas: int = 1, **spec: Any
) -> Asked:
    return Asked(Spec(OLD, **spec), replicas, image, lambda: told)


def changed(before: Asked, after: Asked) -> ServiceChange:
    (found,) = compare({"ocr": before}, {"ocr": after}, {"ocr"})
    return found


def test_services_are_new_as_they_were_and_removed() -> None:
    before = {"gone": asked(), "kept": asked()}
    assert compare(before, {"kept": asked(), "fresh": asked(None)}, {"gone", "kept"}) == (
        ServiceChange("kept", Outcome.SAME),
        ServiceChange("fresh", Outcome.NEW),
        ServiceChange("gone", Outcome.REMOVED),
    )


def test_one_that_does_not_run_is_started() -> None:
    assert compare({"ocr": asked()}, {"ocr": asked()}, ()) == (
        ServiceChange("ocr", Outcome.STARTED),
    )


def test_images_that_are_the_same_are_not_looked_into() -> None:
    def never() -> Contents | None:
        raise AssertionError("opened")

    one = Asked(Spec(OLD), 1, OLD, never)
    assert changed(one, one).outcome is Outcome.SAME


def test_files_of_the_code_are_named() -> None:
    before = contents(code={"reader.py": "1", "util.py": "1", "old.py": "1"})
    after = contents(code={"reader.py": "2", "util.py": "1", "new.py": "1"})
    assert changed(asked(OLD, before), asked(NEW, after)) == ServiceChange(
        "ocr",
        Outcome.CHANGED,
        (Difference("code", ("new.py",), ("old.py",), (Changed("reader.py"),)),),
    )


def test_packages_are_named_with_their_versions() -> None:
    before = contents(wheels={"numpy": "2.1", "rich": "13"}, packages={"tesseract-ocr": "5.3"})
    after = contents(wheels={"numpy": "2.2", "scipy": "1.14"}, packages={"tesseract-ocr": "5.4"})
    assert changed(asked(OLD, before), asked(NEW, after)).image == (
        Difference("packages", changed=(Changed("tesseract-ocr", "5.3", "5.4"),)),
        Difference("wheels", ("scipy 1.14",), ("rich 13",), (Changed("numpy", "2.1", "2.2"),)),
    )


def test_what_is_made_again_because_of_something_below_it_is_not_told_of() -> None:
    before = contents(base={"libc6": "1"}, code={"a.py": "1"})
    layers = unmade("base", {"libc6": "2"}) | unmade("code", {"a.py": "1"})
    found = changed(asked(OLD, before), asked(None, Contents(layers, {})))
    assert found.image == (Difference("base", changed=(Changed("libc6", "1", "2"),)),)
    assert found.outcome is Outcome.CHANGED


def test_an_image_made_again_of_the_same_parts_may_turn_out_to_be_the_same() -> None:
    before = contents(base={"libc6": "1"}, code={"a.py": "1"})
    layers = unmade("base", {"libc6": "1"}) | {"code": before.layers["code"]}
    found = changed(asked(OLD, before), asked(None, Contents(layers, {})))
    assert found == ServiceChange("ocr", Outcome.AGAIN, (Difference("base"),))


def test_a_runtime_of_other_code_and_the_same_packages_is_another_image() -> None:
    before = contents(runtime={"msgspec": "1"})
    after = Contents({"runtime": LayerContents((NEW,), lambda: {"msgspec": "1"})}, {})
    assert changed(asked(OLD, before), asked(NEW, after)) == ServiceChange(
        "ocr", Outcome.CHANGED, (Difference("runtime"),)
    )


def test_what_of_a_stored_layer_takes_long_to_tell_is_named_as_a_whole() -> None:
    before = Contents({"model": LayerContents((OLD,), lambda: None)}, {})
    after = Contents({"model": LayerContents((None,), lambda: {"m.joblib": "644  1"})}, {})
    assert changed(asked(OLD, before), asked(None, after)) == ServiceChange(
        "ocr", Outcome.CHANGED, (Difference("model", changed=(Changed("m.joblib"),)),)
    )


def test_a_large_model_that_was_touched_may_turn_out_to_be_the_same() -> None:
    before = Contents({"model": LayerContents((OLD,), lambda: None)}, {})
    after = Contents({"model": LayerContents((None,), lambda: {"m.joblib": ""})}, {})
    assert changed(asked(OLD, before), asked(None, after)) == ServiceChange(
        "ocr", Outcome.AGAIN, (Difference("model"),)
    )


def test_an_image_that_is_not_in_the_store_any_more_differs_in_nobody_knows_what() -> None:
    assert changed(asked(OLD), asked(NEW, contents())) == ServiceChange(
        "ocr", Outcome.CHANGED, (Difference("image"),)
    )


def test_of_images_of_others_it_is_said_which() -> None:
    was, now = asked(OLD, foreign=Foreign("1:1")), asked(NEW, foreign=Foreign("1:1"))
    which = (Changed("", OLD.short, NEW.short),)
    assert changed(was, now) == ServiceChange(
        "ocr", Outcome.CHANGED, (Difference("image", changed=which),)
    )


def test_keys_that_are_in_the_image_are_told_and_no_value_of_env() -> None:
    def execution(python: str, *env: str) -> dict[str, Any]:
        labels = {"io.lading.python": python}
        return {"Labels": labels, "Env": list(env), "Entrypoint": [f"python{python}", "launch"]}

    before = contents(execution("3.11", "LADING_HANDLER=a:A", "KEY=hidden", "OLD=1"))
    after = contents(execution("3.13", "LADING_HANDLER=a:B", "KEY=other", "NEW=1"))
    found = changed(asked(OLD, before), asked(NEW, after)).image
    assert found == (
        Difference("python", changed=(Changed("", "3.11", "3.13"),)),
        Difference("handler", changed=(Changed("", "a:A", "a:B"),)),
        Difference("env", ("NEW",), ("OLD",), (Changed("KEY"),)),
    )


def test_a_command_is_told() -> None:
    before = contents({"Entrypoint": ["node", "a.js"]})
    after = contents({"Entrypoint": ["node", "b.js"]})
    assert changed(asked(OLD, before), asked(NEW, after)).image == (
        Difference("command", changed=(Changed("", "node a.js", "node b.js"),)),
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"replicas": 2}, Setting("scale.min", "1", "2")),
        ({}, {"limits": Limits(memory_bytes=1024**3)}, Setting("resources.memory", "512Mi", "1Gi")),
        ({}, {"limits": Limits(cpu=0.5)}, Setting("resources.cpu", "1", "0.5")),
        ({}, {"limits": Limits(gpu=1)}, Setting("resources.gpu", "0", "1")),
        ({}, {"egress": True}, Setting("egress", "false", "true")),
        ({}, {"workers": 4}, Setting("workers", "1", "4")),
        ({}, {"timeout_seconds": 1.5}, Setting("timeout", "60s", "1.5s")),
        ({}, {"max_body_bytes": 1000}, Setting("gateway.max_body", "64Mi", "1000")),
        ({}, {"batching": Batching(8)}, Setting("batching.max_size", "64", "8")),
        (
            {"batching": Batching(max_wait_seconds=1.0)},
            {},
            Setting("batching.max_wait", "1s", "2ms"),
        ),
        ({"http": Http(3000)}, {"http": Http(3001)}, Setting("port", "3000", "3001")),
    ],
)
def test_settings_are_told_by_their_keys_and_as_one_writes_them(
    before: dict[str, Any], after: dict[str, Any], told: Setting
) -> None:
    assert changed(asked(**before), asked(**after)) == ServiceChange(
        "ocr", Outcome.CHANGED, (), (told,)
    )


def test_what_follows_from_another_setting_is_not_told_of() -> None:
    assert changed(asked(), asked(grace_seconds=99.0)).outcome is Outcome.SAME


def test_every_silent_or_renamed_field_of_a_spec_is_there() -> None:
    spec = replace(Spec(OLD), http=Http(1), foreign=Foreign())
    paths = {path for path, _ in changes._flat("", asdict(spec))}
    assert {*changes.WORDS, *changes.SILENT} <= paths
    assert {path.partition(".")[0] for path in paths} <= {one.name for one in fields(Spec)}


def test_the_gateway_is_told_of_where_it_moves() -> None:
    moved = changes.gateway(Listener(port=8080), Listener("0.0.0.0", 9090))
    assert moved == (
        Setting("host", "127.0.0.1", "0.0.0.0"),
        Setting("port", "8080", "9090"),
    )
    assert changes.gateway(None, Listener()) == ()


def test_there_is_something_to_do_where_a_service_or_the_gateway_is_another() -> None:
    same = ServiceChange("ocr", Outcome.SAME)
    assert not Changes((same,)).anything
    assert Changes((same,), (Setting("port", "1", "2"),)).anything
    assert Changes((same, ServiceChange("x", Outcome.STARTED))).anything
