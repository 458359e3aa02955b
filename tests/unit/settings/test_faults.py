"""What a user reads when lading.yaml is wrong: every text, literally."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.errors import SettingsError
from lading.settings import read

MANY = """\
app: My_App
servics: {}
services:
  ocr:
    source: nowhere
    handlr: reader:Reader
    python: 3.11
    batching: {max_size: 0, max_wait: 2m, max_weight: 1}
    scale: {min: 0, max: 3}
    resources: {cpu: -1, memory: 512m, gpu: -1}
    env: {LADING_X: 1}
    egress: yes
    flavour: sklern
    workers: 0
    traffic: {}
    packages: tesseract
    model: ../x
  metrics: {handler: a:b}
  b: {handler: a:b}
  b: 3
steps:
  t: {command: "a 'b"}
"""

NAME = "a name of at most 40 lower-case letters, digits and single hyphens, a letter first"
FAULTS = f"""\
lading.yaml:1: app: expected {NAME}, got "My_App"
lading.yaml:2: servics: unknown key; did you mean services?
lading.yaml:6: services.ocr.handlr: unknown key; did you mean handler?
lading.yaml:7: services.ocr.python: expected text, got 3.11; write it in quotes: "3.11"
lading.yaml:8: services.ocr.batching.max_size: expected a whole number from 1, got 0; raise it to 1
lading.yaml:8: services.ocr.batching.max_wait: expected a time up to 60s, such as "2ms", got "2m"
lading.yaml:8: services.ocr.batching.max_weight: unknown key; did you mean max_wait?
lading.yaml:9: services.ocr.scale.min: expected a whole number from 1, got 0; raise it to 1
lading.yaml:9: services.ocr.scale.max: not yet supported; remove it
lading.yaml:10: services.ocr.resources.cpu: expected a number from 0.01 to 1024, got -1
lading.yaml:10: services.ocr.resources.memory: expected a size from 4Mi, such as "512Mi" or \
"1Gi", got "512m"; write 512M
lading.yaml:10: services.ocr.resources.gpu: expected a whole number from 0, got -1; raise it to 0
lading.yaml:11: services.ocr.env.LADING_X: LADING_ names are the server's own, but for \
LADING_LOG_LEVEL and LADING_ACCESS_LOG; remove it; timeout, workers, batching and \
gateway.max_body set what the server does
lading.yaml:12: services.ocr.egress: expected true or false, got yes; write true
lading.yaml:13: services.ocr.flavour: expected "sklearn", "xgboost", "lightgbm", "onnx", \
"torchscript" or "mlflow", got "sklern"
lading.yaml:14: services.ocr.workers: expected a whole number from 1, got 0; raise it to 1
lading.yaml:15: services.ocr.traffic: not yet supported; remove it
lading.yaml:16: services.ocr.packages: expected a list of Debian packages, got "tesseract"
lading.yaml:17: services.ocr.model: expected a path inside the app's folder, got "../x"
lading.yaml:18: services.metrics: the name metrics is reserved; choose another
lading.yaml:20: services.b: the key is already on line 19; remove one
lading.yaml:22: steps.t.command: no closing quotation: got a 'b"""


def said(folder: Path, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    (folder / "lading.yaml").write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        read(folder)
    return str(caught.value)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    assert said(tmp_path, MANY) == FAULTS


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "lading.yaml: the file is empty; begin with `app:` and `services:`"),
        (b"# nothing\n", "lading.yaml: the file is empty; begin with `app:` and `services:`"),
        (
            b"- a\n",
            "lading.yaml:1: expected lading.yaml: a mapping of keys such as app, services, steps, "
            "got a list",
        ),
        (
            b"app: a\n\tb: c\n",
            "lading.yaml:2: a tab indents this line; use spaces; YAML allows no tabs",
        ),
        (b"app: \xff\n", "lading.yaml:1: not UTF-8: got the byte 0xff; save the file as UTF-8"),
        (
            b"app: !!python/object:os.system a\n",
            "lading.yaml:1: app: unknown tag: got !!python/object:os.system; remove the tag",
        ),
        (b"app: a\n", "lading.yaml:1: an app needs a service or a step; add one to `services:`"),
        (b"app: [a\n", "lading.yaml:2: not YAML: did not find expected ',' or ']'"),
        (b"a: " + b"[" * 100, "lading.yaml:1: nested too deeply: expected at most 24 levels"),
        (b"#" * 300_000, "lading.yaml: too large: expected at most 262144 bytes, got 300000 bytes"),
        (
            b"app: 1\nsteps: {t: {command: a}}\n",
            f'lading.yaml:1: app: expected {NAME}, got 1; write it in quotes: "1"',
        ),
    ],
)
def test_a_file_that_is_no_settings_is_explained(tmp_path: Path, content: bytes, text: str) -> None:
    assert said(tmp_path, content) == text


def test_what_other_tools_would_take_is_told_as_it_is_written_here(tmp_path: Path) -> None:
    written = b"app: a\nservices: {a: {handler: 'm:f', memory: 1Gi, max_size: 10 MB}}\n"
    told = said(tmp_path, written)
    assert "services.a.memory: unknown key; did you mean resources.memory?" in told
    assert 'got "10 MB"; write 10M' in told


def test_anchors_that_multiply_are_bounded(tmp_path: Path) -> None:
    lines = ["x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"x-{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 12)]
    assert said(tmp_path, "\n".join(lines)) == (
        "lading.yaml:1: its anchors unfold into too many values: "
        "expected at most 20000 values and 24 levels"
    )
    assert "too many values" in said(tmp_path, "x-a: &a [*a]\n")


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("environment: sevice", "steps.t.environment: no service or step is named sevice; "
         "did you mean service?"),
        ("environment: u", "steps.t.environment: u has no environment of its own; name service"),
        ("environment: t", "steps.t.environment: t has no environment of its own; remove it"),
        ('environment: service, python: "3.9"', "steps.t.python: comes from the environment of "
         "service; remove it, or `environment`"),
        ("source: nowhere", "steps.t.source: expected a folder nowhere, got nothing there"),
        ("source: linked", "steps.t.source: leads out of the app's folder; copy the folder here; "
         "a link does not travel with the app"),
        ("requirements: needs.txt", "steps.t.requirements: expected a file needs.txt, "
         "got nothing there"),
        ("outputs: [.]", "steps.t.outputs[0]: expected a path inside `source`, got \".\"; "
         "name a file or a folder in it"),
    ],
)  # fmt: skip
def test_what_points_nowhere_is_named(tmp_path: Path, step: str, text: str) -> None:
    (tmp_path / "c.py").touch()
    (tmp_path / "linked").symlink_to("/")
    content = (
        "app: a\nservices: {service: {handler: c:d}}\n"
        f"steps:\n  u: {{command: x, environment: service}}\n  t: {{command: x, {step}}}\n"
    )
    assert said(tmp_path, content) == f"lading.yaml:5: {text}"


def test_a_handler_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert said(tmp_path, "app: a\nservices: {b: {handler: c.d:E}}\n") == (
        "lading.yaml:2: services.b.handler: no such module: expected a file c/d.py"
    )


def test_a_step_may_not_have_a_services_name(tmp_path: Path) -> None:
    (tmp_path / "c.py").touch()
    content = "app: a\nservices: {b: {handler: c:d}}\nsteps: {b: {command: x}}\n"
    assert said(tmp_path, content) == (
        "lading.yaml:3: steps.b: a service has this name too; rename one of them"
    )


def test_the_single_faults_are_values_too(tmp_path: Path) -> None:
    (tmp_path / "lading.yaml").write_text("app: A\nport: 1\n")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    group = caught.value.__cause__
    assert isinstance(group, ExceptionGroup)
    assert [x.where for x in group.exceptions if isinstance(x, SettingsError)] == [
        "lading.yaml:1: app",
        "lading.yaml:2: port",
    ]
