"""A small database of vulnerabilities that there are, told as facts in OSV's form."""

from __future__ import annotations

from typing import Any

JINJA_GHSA = {
    "schema_version": "1.6.0",
    "id": "GHSA-g3rq-g295-4j3m",
    "modified": "2024-11-18T16:26:11Z",
    "aliases": ["CVE-2020-28493"],
    "summary": "Regular expressions that take for ever, in Jinja2's urlize",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0.0.0"}, {"fixed": "2.11.3"}]}
            ],
        }
    ],
    "database_specific": {"severity": "MODERATE"},
}
JINJA_PYSEC = {
    "id": "PYSEC-2021-66",
    "modified": "2021-02-05T04:15:00Z",
    "aliases": ["CVE-2020-28493", "SNYK-PYTHON-JINJA2-1012994"],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Jinja2"},
            "ranges": [
                {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "ef658dc3b6389b09"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.11.3"}]},
            ],
            "versions": ["2.11.1", "2.11.2"],
        }
    ],
}
GLIBC = {
    "id": "DEBIAN-CVE-2023-4911",
    "modified": "2025-09-19T06:09:09Z",
    "upstream": ["CVE-2023-4911"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "glibc"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "2.36-9+deb12u3"}],
                }
            ],
            "ecosystem_specific": {"urgency": "not yet assigned"},
        },
        {
            "package": {"ecosystem": "Debian:11", "name": "glibc"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "2.31-13+deb11u7"}],
                }
            ],
        },
    ],
}
GLIBC_DSA = {
    "id": "DSA-5514-1",
    "modified": "2023-10-03T00:00:00Z",
    "upstream": ["CVE-2023-4911"],
    "summary": "glibc - security update",
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "glibc"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "2.36-9+deb12u3"}],
                }
            ],
        }
    ],
}
WITHDRAWN = {
    **JINJA_GHSA,
    "id": "GHSA-0000-0000-0000",
    "aliases": [],
    "withdrawn": "2022-01-01T00:00:00Z",
}
ALL: tuple[dict[str, Any], ...] = (JINJA_GHSA, JINJA_PYSEC, GLIBC, GLIBC_DSA, WITHDRAWN)
