"""What `lading audit` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from lading.bills.audit import licences
from lading.bills.audit.components import Component
from lading.bills.audit.licences import Refused
from lading.bills.audit.report import Judged, Report
from lading.cli import output

_WIDEST = 60
"""Characters of a cell; --json has all of it."""
_MOST_LICENCES = 12


def show(report: Report, packages: bool) -> None:
    """For people: first what was found, at the end what it comes to."""
    if packages:
        _packages(report)
        click.echo()
    if report.vulnerabilities:
        _vulnerabilities(report.vulnerabilities)
        click.echo()
    if report.refused:
        _refused(report.refused)
        click.echo()
    _licences(report)
    for remark in report.remarks:
        click.echo(f"lading: {remark}", err=True)
    click.echo(_total(report))


def document(report: Report) -> dict[str, object]:
    """For programs."""
    return {
        "clean": report.is_clean,
        "looked_for_vulnerabilities": report.looked,
        "vulnerabilities": [_vulnerability(x) for x in report.vulnerabilities],
        "licences": [
            {
                "package": x.component.name,
                "version": x.component.version,
                "licences": list(x.component.licences),
                "why": x.why,
                "images": list(x.images),
            }
            for x in report.refused
        ],
        "packages": [
            {
                "name": x.name,
                "version": x.version,
                "ecosystem": x.ecosystem,
                "licences": list(x.licences),
                "images": list(images),
            }
            for x, images in report.components.items()
        ],
        "remarks": list(report.remarks),
    }


def _packages(report: Report) -> None:
    rows = [
        (
            x.name,
            x.version,
            x.ecosystem.partition(":")[0] or "-",
            _licence(x),
            _images(images, report),
        )
        for x, images in report.components.items()
    ]
    output.print_table(("PACKAGE", "VERSION", "FROM", "LICENCE", "IN"), rows)


def _vulnerabilities(found: Sequence[Judged]) -> None:
    rows = [
        (
            _status(one),
            one.found.rating.word,
            one.found.id,
            one.found.component.name,
            one.found.component.version,
            one.found.fixed[0] if one.found.fixed else "-",
            ", ".join(one.found.images),
            _short(one.ignored.reason if one.ignored else one.found.summary),
        )
        for one in found
    ]
    headings = ("", "RATING", "VULNERABILITY", "PACKAGE", "VERSION", "FIXED IN", "IN", "WHAT")
    output.print_table(headings, rows)


def _refused(refused: Sequence[Refused]) -> None:
    rows = [
        (
            x.why,
            x.component.name,
            x.component.version,
            _licence(x.component),
            ", ".join(x.images),
        )
        for x in refused
    ]
    output.print_table(("LICENCE IS", "PACKAGE", "VERSION", "LICENCE", "IN"), rows)


def _licences(report: Report) -> None:
    counts = Counter(y for x in report.components for y in x.licences or (licences.UNKNOWN,))
    most = counts.most_common(_MOST_LICENCES)
    told = [f"{output.printable(name)} ({count})" for name, count in most]
    if len(counts) > len(most):
        told.append(f"and {len(counts) - len(most)} more: --packages lists them")
    click.echo(f"licences: {', '.join(told)}")


def _total(report: Report) -> str:
    images = "1 image" if len(report.images) == 1 else f"{len(report.images)} images"
    parts = [f"{images}, {len(report.components)} packages"]
    if report.looked:
        count = Counter(_status(x) for x in report.vulnerabilities)
        told = [f"{count[x]} {y}" for x, y in _COUNTED.items() if count[x]]
        parts.append(f"vulnerabilities: {', '.join(told) or 'none'}")
    else:
        parts.append("no vulnerabilities looked for")
    if report.refused:
        parts.append(f"{len(report.refused)} with a licence that is not allowed")
    return "; ".join(parts)


_COUNTED = {"fails": "to mend", "passes": "let pass", "ignored": "ignored"}


def _status(one: Judged) -> str:
    if one.ignored:
        return "ignored"
    return "fails" if one.fails else "passes"


def _images(images: Sequence[str], report: Report) -> str:
    return "all" if len(images) == len(report.images) > 1 else ", ".join(images)


def _licence(component: Component) -> str:
    return _short(", ".join(component.licences)) or licences.UNKNOWN


def _short(text: str) -> str:
    told = output.printable(text)
    return told if len(told) <= _WIDEST else f"{told[: _WIDEST - 1]}…"


def _vulnerability(one: Judged) -> dict[str, object]:
    found = one.found
    return {
        "id": found.id,
        "ids": list(found.ids),
        "rating": found.rating.word,
        "package": found.component.name,
        "version": found.component.version,
        "fixed": list(found.fixed),
        "summary": found.summary,
        "images": list(found.images),
        "status": _status(one),
        "ignored_because": one.ignored.reason if one.ignored else "",
    }
