"""Nothing a user can write or type is undocumented."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lading.cli.main import cli
from lading.settings import schema
from tests.house.source import ROOT

REFERENCE = ROOT / "docs" / "reference"


def test_every_setting_has_its_heading() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    missing = [path for path, _ in schema.paths() if f"\n## `{path}`\n" not in page]
    assert missing == []


def test_every_command_and_each_of_its_options_is_told() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    for path, one in commands("lading", cli):
        assert f"\n## `{path}" in page, path
        section = page.partition(f"\n## `{path}")[2].partition("\n## ")[0]
        for option in (x for x in one.params if isinstance(x, click.Option) and not x.hidden):
            assert option.help, (path, option.opts)
            assert f"`{option.opts[-1]}` | {option.help.partition('|')[0]}" in section, option.opts


def commands(path: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, by what is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        assert one is not None
        if isinstance(one, click.Group):
            yield from commands(f"{path} {name}", one)
        else:
            yield f"{path} {name}", one
