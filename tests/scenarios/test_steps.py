"""Steps: outputs when, and only when, they succeed; their log and exit code passed on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.conftest import App

STEPS = """\
steps:
  {name}:
    environment: probe
    source: .
    command: [python, -c, "{code}"]
    outputs: [model.bin, made/table.csv]
"""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("stepping")
    made.ok("lock")
    return made


def run(app: App, code: str) -> tuple[int, str, str]:
    base = app.settings.read_text().partition("steps:")[0]
    app.settings.write_text(base + STEPS.format(name="train", code=code))
    done = app.lading("run", "train")
    return done.returncode, done.stdout, done.stderr


WRITE = "open('model.bin','w').write('{0}'); open('made/table.csv','w').write('{0}')"


def test_outputs_are_copied_when_it_succeeds(app: App) -> None:
    code, out, err = run(app, "print('learning'); " + WRITE.format("one"))
    assert (code, out) == (0, "learning\n")
    assert "train: wrote model.bin" in err
    assert (app.folder / "model.bin").read_text() == "one"
    assert (app.folder / "made" / "table.csv").read_text() == "one"


def test_nothing_is_copied_when_it_fails_and_its_exit_code_is_passed_on(app: App) -> None:
    run(app, WRITE.format("kept"))
    before = app.files()
    code, _, err = run(app, WRITE.format("lost") + "; raise SystemExit(7)")
    assert code == 7
    assert "train: failed with exit code 7; no outputs kept" in err
    assert app.files() | {"lading.yaml": b""} == before | {"lading.yaml": b""}


def test_a_missing_output_leaves_all_of_them_as_they_were(app: App) -> None:
    run(app, WRITE.format("kept"))
    before = app.files()
    code, _, err = run(app, "open('model.bin','w').write('half')")
    assert code == 1
    assert "steps.train.outputs: the step succeeded without leaving a declared output" in err
    assert "made/table.csv" in err
    assert app.files() | {"lading.yaml": b""} == before | {"lading.yaml": b""}


def test_an_output_that_leads_out_of_itself_is_refused_as_that(app: App) -> None:
    before = app.files()
    code, _, err = run(app, "import os; os.mkdir('model.bin'); os.symlink('/etc', 'model.bin/etc')")
    assert code == 1
    assert "/app/model.bin: a link leads out of what is copied: got etc -> /etc" in err
    assert app.files() | {"lading.yaml": b""} == before | {"lading.yaml": b""}


def test_its_log_and_errors_go_where_they_would_go_without_a_container(app: App) -> None:
    code, out, err = run(app, "import sys; print('out'); print('err', file=sys.stderr); 1/0")
    assert (code, out) == (1, "out\n")
    assert "err\n" in err
    assert "ZeroDivisionError" in err


def test_it_sees_the_services_environment_and_no_network(app: App) -> None:
    code, out, _ = run(
        app,
        "import sys, socket; print(sys.version_info[:2]); "
        + WRITE.format("x")
        + "; socket.create_connection(('198.51.100.1', 80), 3)",
    )
    assert (code, out) == (1, "(3, 11)\n")


def test_nothing_of_it_is_left(app: App) -> None:
    from lading.engines.select import Chosen, opened
    from lading.state.folders import Folders
    from tests.scenarios.conftest import HOME

    engine = opened(Chosen(), Folders.of_user({"LADING_HOME": str(HOME)}))
    assert [name for name in engine.names() if ".step." in name] == []
