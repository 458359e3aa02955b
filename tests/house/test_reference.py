"""Nothing a user can write or type is undocumented."""

from __future__ import annotations

import click
from tests.house.source import ROOT

from lading.cli.main import cli
from lading.settings import schema

REFERENCE = ROOT / "docs" / "reference"


def test_every_setting_has_its_heading() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    missing = [path for path, _ in schema.paths() if f"\n## `{path}`\n" not in page]
    assert missing == []


def test_every_command_and_each_of_its_options_is_told() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert f"\n## `lading {name}" in page, name
        section = page.partition(f"\n## `lading {name}")[2].partition("\n## ")[0]
        one = cli.get_command(context, name)
        assert one is not None
        options = [x for x in one.params if isinstance(x, click.Option) and not x.hidden]
        for option in options:
            assert f"`{option.opts[-1]}" in section, (name, option.opts)
