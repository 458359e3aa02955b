"""`lading verify --signatures`: who signed images and their bills, of those that are trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lading.cli import key_files, output, stored
from lading.errors import SettingsError, UsageError
from lading.oci import Image
from lading.settings import read
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.bills.signatures.checking import Check
    from lading.bills.signatures.trust import Trust

F = TypeVar("F", bound=Callable[..., Any])
_META = "lading.signatures"


@dataclass(frozen=True)
class Asked:
    """What was given of the options."""

    signatures: bool = False
    key: tuple[str, ...] = ()
    identity: str | None = None
    issuer: str | None = None


def options(command: F) -> F:
    """Adds the options; `asked` says what was given."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def asked() -> Asked:
    """What was given of the options to the command that runs. Raises UsageError."""
    given = Asked(**click.get_current_context().meta.get(_META, {}))
    if not given.signatures and (given.key or given.identity or given.issuer):
        raise UsageError("--key, --identity and --issuer are of --signatures", todo="add it")
    if bool(given.identity) != bool(given.issuer):
        raise UsageError("--identity and --issuer", expected="both", came="one of them")
    if given.key and given.identity:
        raise UsageError(expected="--key or --identity", came="both")
    return given


def run(given: Asked, names: Iterable[str], image: str | None, as_json: bool) -> int:
    """Print what holds and what does not; the exit code."""
    from lading.bills.signatures.checking import checks
    from lading.bills.signatures.signing import of_name

    store = Layout(Folders.of_user().store)
    wanted = stored.images(store, names, image)
    trust = trusted(given)
    found = [
        (one.name, check)
        for one in wanted
        for subject in of_name(store, one.where)
        for check in checks(store, subject.digest, trust)
    ]
    if as_json:
        output.print_json([_document(name, check) for name, check in found])
    else:
        _print(found)
    return 0 if all(check.passes for _, check in found) else 1


def require(app: App, store: Layout, images: Mapping[str, Image]) -> None:
    """Raises NotSigned for the first of the images that none of the app's keys signed.

    Images by what to call them. Where the app names no keys, nobody must have signed.
    """
    trust = key_files.of_app(app)
    if trust is None:
        return
    from lading.bills.signatures.checking import checks, refusal

    for name, image in images.items():
        check = checks(store, image.digest, trust)[0]
        if not check.holds:
            error = refusal(name, check)
            error.todo = "have it signed where it was built, and pushed again"
            raise error


def trusted(given: Asked) -> Trust:
    """Whom to believe: as given, else the keys of lading.yaml. Raises UsageError."""
    from lading.bills.signatures.trust import Keys

    if given.identity and given.issuer:
        from lading.bills.signatures.keyless import Identity

        return Identity.of(given.identity, given.issuer)
    named = given.key or tuple(map(str, _of_settings()))
    if not named:
        todo = "give --key, or name public keys in `signatures: {keys: […]}` of lading.yaml"
        raise UsageError("no key to verify signatures with", todo=todo)
    return Keys(key_files.public(named))


def _of_settings() -> tuple[Path, ...]:
    try:
        return read(Path.cwd(), sources=False).trusted_keys
    except SettingsError:
        return ()


def _option(*names: str, **told: Any) -> Callable[[F], F]:
    """One whose value is kept aside: a command has enough parameters of its own."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        context.meta.setdefault(_META, {})[parameter.name] = value

    return click.option(*names, expose_value=False, callback=keep, **told)


_OPTIONS = (
    _option(
        "--signatures",
        is_flag=True,
        help="Build nothing: see who signed the images and their bills.",
    ),
    _option(
        "--key",
        multiple=True,
        metavar="FILE|env://NAME",
        help="With --signatures: a public key that is trusted. May be given again.",
    ),
    _option(
        "--identity",
        metavar="NAME",
        help="With --signatures: who is trusted to have signed without a key.",
    ),
    _option("--issuer", metavar="URL", help="With --signatures: who vouches for --identity."),
)


def _print(found: Sequence[tuple[str, Check]]) -> None:
    rows = [
        (
            name,
            check.image.short,
            _what(check),
            f"signed by {', '.join(check.who)}" if check.holds else output.printable(check.reason),
        )
        for name, check in found
    ]
    output.print_table(("IMAGE", "DIGEST", "WHAT", "SIGNATURE"), rows)
    failed = sum(not check.passes for _, check in found)
    if failed:
        what = "1 of them does not hold" if failed == 1 else f"{failed} of them do not hold"
        click.echo(f"lading: {what}", err=True)


def _what(check: Check) -> str:
    """ "provenance of 2b7cab7d1a6b, …": there is one for each build."""
    of = f" of {output.printable(check.of)}" if check.of else ""
    return f"{check.what}{of}" if check.counts else f"({check.what}{of})"


def _document(name: str, check: Check) -> dict[str, object]:
    return {
        "name": name,
        "digest": str(check.image),
        "what": check.what,
        "of": check.of,
        "counts": check.counts,
        "holds": check.holds,
        "signed_by": list(check.who),
        "reason": "" if check.holds else check.reason,
    }
