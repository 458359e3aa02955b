"""From lading.yaml to an App."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lading.building.recipe import Environment, Recipe
from lading.engines.engine import Limits
from lading.errors import SettingsError, StateError
from lading.gateway.route import Listener
from lading.pipelines.step import Step
from lading.releases.revision import Batching, Foreign, Http
from lading.settings import document, each, environments, serving
from lading.settings.app import App, Service
from lading.settings.compounds import Section
from lading.settings.faults import Faults, Place
from lading.settings.keys import LADING
from lading.settings.registry_keys import hosts

if TYPE_CHECKING:
    from lading.bills.audit.policy import Audit

# What few files say is imported where it is written: every command reads lading.yaml.
FILE = "lading.yaml"
_PORT = 8000


def find(start: Path) -> Path:
    """The folder of the nearest lading.yaml, in `start` or above it.

    Raises SettingsError when there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise SettingsError(f"no {FILE} here or above", todo="run `lading init`")


def read(folder: Path, *, sources: bool = True) -> App:
    """The app whose lading.yaml lies in `folder` or above it.

    Without `sources` nothing of the services' and steps' own files is looked at, nor has to be
    there: enough for who builds nothing.
    Raises SettingsError that names, a line each, everything that is wrong.
    """
    folder = find(folder)
    faults = Faults(FILE)
    try:
        content = (folder / FILE).read_bytes()
    except OSError as error:
        raise SettingsError("cannot be read", FILE, came=error.strerror or str(error)) from None
    root = document.parse(content, faults)
    if root is None:
        raise SettingsError("the file is empty", FILE, todo="begin with `app:` and `services:`")
    written = LADING.read(each.unfolded(root, faults), Place("", root.line), faults)
    faults.raise_any()
    if written is None:
        raise SettingsError("cannot be read", FILE)
    app = _App(folder, written, faults, sources).app()
    faults.raise_any()
    return app


@dataclass(frozen=True)
class _App:
    """What was written, and where its paths lead."""

    folder: Path
    written: Section
    faults: Faults
    sources: bool

    def app(self) -> App:
        services: Mapping[str, Section] = self.written.get("services", {})
        steps: Mapping[str, Section] = self.written.get("steps", {})
        if not services and not steps:
            error = SettingsError("an app needs a service or a step", todo="add one to `services:`")
            self.faults.add(self.written.at("services"), error)
        for name in steps.keys() & services.keys():
            error = SettingsError("a service has this name too", todo="rename one of them")
            self.faults.add(steps[name].place, error)
        shared = environments.Resolver(
            self.folder, services, steps, self.faults, self.sources
        ).all()
        recipes = {x: self._recipe(x, services[x], shared[x]) for x in services}
        recipes |= self._graphs(services, recipes, steps)
        trusted: Sequence[str] = self.written.section("signatures").get("keys", ())
        return App(
            self.written.get("app"),
            self.folder,
            tuple(self._service(services[x], recipes[x]) for x in services),
            tuple(self._step(x, steps[x], shared[x]) for x in steps),
            self._listener(self.written.section("gateway")),
            self.written.get("engine", App.engine),
            tuple(self.written.get("platforms", ())),
            registry=self.written.get("registry", ""),
            registries=hosts(self.written.get("registries", {})),
            state=self._state(),
            trusted_keys=tuple(self.folder / x for x in trusted),
            audit=self._audit(),
        )

    def _graphs(
        self,
        services: Mapping[str, Section],
        recipes: Mapping[str, Recipe],
        steps: Mapping[str, Section],
    ) -> dict[str, Recipe]:
        if not self.sources or not any(one.has("graph") for one in services.values()):
            return {}
        from lading.settings.graphs import app as graphs_of

        graphs = graphs_of.checked(services, recipes, steps, self.faults)
        return {name: replace(recipes[name], graph=graph) for name, graph in graphs.items()}

    def _audit(self) -> Audit | None:
        if not self.written.has("audit"):
            return None
        from lading.settings import trusting

        return trusting.audit(self.written.section("audit"))

    def _state(self) -> str:
        url: str = self.written.get("state", "")
        if not url:
            return url
        from lading.state.address import check, holds_password

        try:
            check(url, "")
        except StateError as error:
            told = SettingsError(error.problem, "", error.expected, error.came, error.todo)
            self.faults.add(self.written.at("state"), told)
            return url
        if holds_password(url):
            todo = "leave it to PGPASSWORD, ~/.pgpass or LADING_DATABASE"
            told = SettingsError("a password, in a file that others read", todo=todo)
            self.faults.add(self.written.at("state"), told)
        return url

    def _service(self, written: Section, recipe: Recipe) -> Service:
        serving.check(written, recipe.source, self.faults)
        self._handler_exists(recipe, written)
        return Service(
            recipe.name,
            recipe,
            _limits(written.section("resources")),
            written.get("egress", False),
            written.section("scale").get("min", 1),
            written.get("timeout", 60.0),
            written.get("workers", 1),
            _batching(written.section("batching")),
            _http(written),
            _foreign(written),
            self._secrets(written),
        )

    def _step(self, name: str, written: Section, environment: Environment) -> Step:
        outputs = tuple(map(PurePosixPath, written.get("outputs", ())))
        recipe = self._recipe(name, written, environment)
        # What an earlier run left is neither an input, nor may it be in the way of the next one.
        earlier = tuple(f"/{_literal(output)}" for output in outputs)
        return Step(
            name,
            replace(recipe, ignore=(*recipe.ignore, *earlier)),
            outputs,
            _limits(written.section("resources")),
            written.get("egress", False),
            self._secrets(written),
        )

    def _secrets(self, written: Section) -> tuple[str, ...]:
        names: Sequence[str] = written.get("secrets", ())
        for name in names:
            if name in written.get("env", {}):
                error = SettingsError("also in env", came=name, todo="take it out of one of them")
                self.faults.add(written.at("secrets"), error)
        return tuple(sorted(set(names)))

    def _recipe(self, name: str, written: Section, environment: Environment) -> Recipe:
        return Recipe(
            app=self.written.get("app"),
            name=name,
            environment=environment,
            source=self.folder / written.get("source", "."),
            handler=written.get("handler"),
            flavour=written.get("flavour"),
            command=written.get("command", ()),
            models=tuple(map(PurePosixPath, written.get("model", ()))),
            env=written.get("env", {}),
            ignore=written.get("ignore", ()),
            keep=written.get("keep", ()),
            allow_secrets=written.get("allow_secrets", ()),
            max_size_bytes=written.get("max_size"),
            places=_places(written),
        )

    def _handler_exists(self, recipe: Recipe, written: Section) -> None:
        if not self.sources or recipe.handler is None or not recipe.source.is_dir():
            return
        module = recipe.source / recipe.handler.partition(":")[0].replace(".", "/")
        compiled = any(module.parent.glob(f"{module.name}.*so"))
        text = module.with_suffix(".py"), module / "__init__.py"
        if not compiled and not any(path.is_file() for path in text):
            expected = module.with_suffix(".py").relative_to(self.folder).as_posix()
            error = SettingsError("no such module", expected=f"a file {expected}")
            self.faults.add(written.at("handler"), error)

    @staticmethod
    def _listener(written: Section) -> Listener:
        usual = Listener()
        return Listener(
            written.get("host", usual.host),
            written.get("port", usual.port),
            written.get("max_body", usual.max_body_bytes),
        )


def _places(written: Section) -> Mapping[str, str]:
    """Of what is in the image as it is written, for what is found wrong with it by a build."""
    found = {x: written.at(x) for x in ("command", "graph", "max_size") if written.has(x)}
    found |= {f"env.{name}": place for name, place in written.below.get("env", {}).items()}
    return {name: f"{FILE}:{place.line}: {place.path}" for name, place in found.items()}


def _literal(path: PurePosixPath) -> str:
    """A pattern as in .gitignore that matches this path alone."""
    return re.sub(r"([*?\[\]\\!# ])", r"\\\1", path.as_posix())


def _batching(written: Section) -> Batching:
    usual = Batching()
    return Batching(
        written.get("max_size", usual.max_size), written.get("max_wait", usual.max_wait_seconds)
    )


def _http(written: Section) -> Http | None:
    if not (written.has("command") or written.has("image")):
        return None
    return Http(written.get("port", _PORT), written.get("health", Http.health))


def _foreign(written: Section) -> Foreign | None:
    if not written.has("image"):
        return None
    env: Mapping[str, str] = written.get("env", {})
    user: str = written.get("user", "")
    return Foreign(user, written.get("command", ()), tuple(sorted(env.items())))


def _limits(written: Section) -> Limits:
    usual = Limits()
    return Limits(
        written.get("cpu", usual.cpu),
        written.get("memory", usual.memory_bytes),
        gpu=written.get("gpu", usual.gpu),
    )
