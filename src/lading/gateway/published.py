"""The documents of a running Envoy, as they lie in its folder.

Envoy sees a file only when another is moved over it, so each is whole whenever it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from lading.gateway import discovery
from lading.gateway.bootstrap import NAME, clusters_file, routes_file
from lading.gateway.document import Document, encode
from lading.gateway.route import Route

Versions = Mapping[str, int | str]
"""Statistics of Envoy, and the values they have once it has taken what was written."""

VERSIONS = r"cluster_manager\.(cds\.version_text|warming_clusters)|cluster\..*\.version_text" + (
    rf"|http\.{NAME}\.rds\.{NAME}\.version_text"
)
"""A regular expression of all statistics that Versions may name."""


@dataclass(frozen=True)
class Published:
    """Every method says what Envoy is to take, empty when nothing changed."""

    folder: Path

    def services(self) -> Mapping[str, str]:
        """Those with a cluster, and the path of their health."""
        document = self.read(clusters_file(self.folder))
        return {cluster["name"]: _health(cluster) for cluster in document["resources"]}

    def endpoints(self, routes: Iterable[Route]) -> Versions:
        """The replicas of each service."""
        taken: dict[str, int | str] = {}
        for route in routes:
            path = discovery.endpoints_file(self.folder, route.service)
            document = discovery.endpoints(route)
            if self.write(path, document):
                taken[f"cluster.{route.service}.version_text"] = document["version_info"]
        return taken

    def clusters(self, services: Mapping[str, str]) -> Versions:
        """A cluster for each service, given with the path of its health.

        The endpoints of each must be there before.
        """
        document = discovery.clusters(services, self.folder)
        if not self.write(clusters_file(self.folder), document):
            return {}
        # A cluster that still warms up does not yet exist for a route.
        return {
            "cluster_manager.cds.version_text": document["version_info"],
            "cluster_manager.warming_clusters": 0,
        }

    def routes(self, routes: Sequence[Route], max_body_bytes: int) -> Versions:
        """The paths. The cluster of each must be there before."""
        document = discovery.routes(routes, max_body_bytes)
        if not self.write(routes_file(self.folder), document):
            return {}
        return {f"http.{NAME}.rds.{NAME}.version_text": document["version_info"]}

    def forget(self, services: Iterable[str]) -> None:
        """Remove the endpoints of services that have no cluster any more."""
        for service in services:
            discovery.endpoints_file(self.folder, service).unlink(missing_ok=True)

    def read(self, path: Path) -> Document:
        """A document written earlier."""
        return cast(Document, json.loads(path.read_bytes()))

    def write(self, path: Path, document: Document) -> bool:
        """Whether the file was another before."""
        content = encode(document)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() == content:
            return False
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(content)
        new.replace(path)
        return True


def _health(cluster: Document) -> str:
    return str(cluster["health_checks"][0]["http_health_check"]["path"])
