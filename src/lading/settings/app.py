"""An app as its lading.yaml describes it, in the values of the packages below."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lading.building.recipe import Environment, Recipe
from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.pipelines.step import Step
from lading.releases.revision import Batching, Foreign, Http

if TYPE_CHECKING:
    from lading.bills.audit.policy import Audit
    from lading.stores.registry.hosts import Hosts


@dataclass(frozen=True)
class Service:
    """Answers predictions at `/name/predict`."""

    name: str
    recipe: Recipe
    limits: Limits = Limits()
    egress: bool = False
    """Whether its containers may reach the network."""
    replicas: int = 1
    timeout_seconds: float = 60.0
    """How long a request may take, waiting for a replica included."""
    workers: int = 1
    """Processes that predict, in each replica."""
    batching: Batching = Batching()
    http: Http | None = None
    """None where the runtime's server answers."""
    foreign: Foreign | None = None
    """For an image of somebody else's, which is run as it is."""
    secrets: tuple[str, ...] = ()
    """Names of what its containers are given when they start."""


@dataclass(frozen=True)
class App:
    """Everything in one lading.yaml. Names of services and steps are distinct."""

    name: str
    folder: Path
    """Absolute: where lading.yaml lies, and inside which every source is."""
    services: tuple[Service, ...] = ()
    """In the order of the file, as are `steps`."""
    steps: tuple[Step, ...] = ()
    listener: Listener = Listener()
    engine: str = "embedded"
    """What runs its containers: "embedded" or "docker"."""
    platforms: tuple[str, ...] = ()
    """What images are built for ("linux/arm64"); none means this machine's alone."""
    registry: str = ""
    """Where its images are pushed to and pulled from: "registry.example.org/team"."""
    registries: Hosts = field(default_factory=dict)
    """What lading.yaml says of registries, by host."""
    state: str = ""
    """The URL of the database its revisions are in; empty where none is written."""
    trusted_keys: tuple[Path, ...] = ()
    """Files of public keys, one of which must have signed; none means that nobody must."""
    audit: Audit | None = None
    """What `lading audit` goes by, where anything is written of it."""

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """What images are built from: the services', then the steps'."""
        return tuple(x.recipe for x in self.services) + tuple(x.recipe for x in self.steps)

    @property
    def secrets(self) -> frozenset[str]:
        """The names of all that its containers are given."""
        of_services = (name for one in self.services for name in one.secrets)
        return frozenset(of_services).union(*(one.secrets for one in self.steps))

    @property
    def environments(self) -> tuple[Environment, ...]:
        """What is locked, each once, in the order in which it is first used."""
        return tuple(
            {recipe.environment.name: recipe.environment for recipe in self.recipes}.values()
        )

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((x for x in self.services if x.name == name), None)

    def step(self, name: str) -> Step | None:
        """The step of that name, or None."""
        return next((x for x in self.steps if x.name == name), None)
