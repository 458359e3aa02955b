"""The keys of lading.yaml: what the reader, the JSON Schema and the reference page come from."""

from __future__ import annotations

from lading.building.flavours import FLAVOURS
from lading.settings.compounds import Command, Key, Keys, Many, Named, Owned
from lading.settings.deferred import Deferred, audit, graph, signatures
from lading.settings.each import PLACEHOLDER, Each
from lading.settings.image_name import ImageName
from lading.settings.kinds import (
    Choice,
    Duration,
    Inside,
    Number,
    Size,
    Switch,
    Text,
    Whole,
    Written,
)
from lading.settings.registry_keys import REGISTRIES, REGISTRY

NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_TEMPLATE = rf"[a-z0-9-]*({PLACEHOLDER}[a-z0-9-]*)+"
_NAME_WORDS = "at most 40 lower-case letters, digits and single hyphens, a letter first"
# Paths that the gateway answers itself.
RESERVED = ("api", "dashboard", "docs", "healthz", "lading", "metrics", "readyz", "v2")
ENGINES = ("embedded", "docker")
PLATFORMS = ("linux/amd64", "linux/arm64")
PYTHONS = ("3.9", "3.11", "3.13")
"""Debian's."""
BASE_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""What the runtime works with: the Python of a `base` may be any of them."""

_source = Key(
    Inside(whole=True),
    "The folder with the code, relative to lading.yaml; copied into the image.",
    "the folder of lading.yaml",
)
_python = Key(
    Choice(BASE_PYTHONS),
    "The Python version inside the image, in quotes: the one of Debian bullseye (3.9), bookworm "
    "(3.11) or trixie (3.13). With a `base`, the one that this has; it may be left out.",
    '"3.11"',
)
_base = Key(
    ImageName(),
    "An image of a registry, whose own Python is used in place of Debian's. It is pinned by digest "
    "in lading.lock, and its layers stay as they are. [Images of others](bases.md) tells what it "
    "must have.",
    "Debian's Python",
)
_requirements = Key(
    Inside(),
    "A requirements.txt, pyproject.toml, uv.lock or conda's environment.yml, in `source` or else "
    "in the app's folder.",
    "uv.lock, pyproject.toml with a [project] table, requirements.txt or environment.yml, the "
    "first that is in `source`; none of them means no requirements",
)
_packages = Key(
    Many(
        "a list of Debian packages",
        Text("the name of a Debian package", r"[a-z0-9][a-z0-9+.-]+", 128),
    ),
    "Debian packages to put into the image, by name.",
    "none",
)
_build_packages = Key(
    Many(
        "a list of Debian packages",
        Text("the name of a Debian package", r"[a-z0-9][a-z0-9+.-]+", 128),
    ),
    "Debian packages that wheels are built with, where a requirement has only source: "
    "`build_packages: [libpq-dev]`. Python's headers, gcc, g++ and make are there anyway; none of "
    "them is in the image.",
    "none",
)
_each = Key(
    Each(),
    "Declares one for every one of several values: `each: [{from: en, to: es}, {from: es, to: en}]`"
    " with the name `translate-{from}-{to}`. Placeholders stand in the name and in any text, which "
    "begins with a quotation mark where it begins with a brace; one that is the whole of a text "
    'becomes the value as it is, a list too: `packages: "{packages}"`. Plain values, as in `each: '
    "[deu, eng]`, are `{each}`. `{{` and `}}` stand for the characters themselves. Everything else "
    "sees ordinary services and steps: each is locked, built, updated and removed by itself.",
    "one",
)
_SERVERS_OWN = Owned(
    "LADING_",
    "LADING_ names are the server's own, but for LADING_LOG_LEVEL and LADING_ACCESS_LOG",
    "remove it; timeout, workers, batching and gateway.max_body set what the server does",
)
_env = Key(
    Named(
        "a mapping from names to values",
        Written(),
        "letters, digits and underscores, no digit first",
        r"(?!LADING_)[A-Za-z_][A-Za-z0-9_]*|LADING_LOG_LEVEL|LADING_ACCESS_LOG",
        longest=256,
        owned=_SERVERS_OWN,
    ),
    "Environment variables. Values are text; numbers, true and false are taken as written. Of the "
    "names that begin with LADING_, only LADING_LOG_LEVEL and LADING_ACCESS_LOG may be set.",
    "none",
)
_ignore = Key(
    Many("a list of patterns", Text("a pattern as in .gitignore", longest=1024)),
    "Files in `source` that stay out of the image: patterns as in .gitignore. Version control, "
    "bytecode, virtual environments, tools' caches, lading.yaml and lading.lock stay out by "
    "themselves, unless a pattern such as `!node_modules` keeps them. What holds credentials "
    "(.env, .netrc, .pypirc, .git-credentials, .ssh, .aws, .docker and their like) always does.",
    "none",
)
_keep = Key(
    Many("a list of patterns", Text("a pattern as in .gitignore", longest=1024)),
    "What packages bring below site-packages and images leave out, and this one needs: their tests "
    "and sources of compiled modules. Patterns as in .gitignore: `keep: [sklearn/tests]`. "
    "[Sizes](sizes.md) tells what is left out.",
    "none",
)
_allow_secrets = Key(
    Many(
        "a list of findings",
        Text('a file, "file:kind" or "env.NAME"', longest=1024),
    ),
    "Secrets that may be in the image, or are none, as a build names them: `tests/fixture.pem`, "
    "`config.py:jwt`, `env.DB_PASSWORD`. Patterns as in .gitignore. [Secrets](secrets.md) tells "
    "what is found.",
    "none; any secret that is found stops the build",
)
_max_size = Key(
    Size(1024**2),
    "The most that the image may have, its layers compressed as they are sent. A build that makes "
    "a larger one stops, names what takes the room, and leaves the name at the image before.",
    "any size",
)
_secrets = Key(
    Many(
        "a list of names",
        Text("the name of a variable", r"(?!LADING_)[A-Za-z_][A-Za-z0-9_]*", 128),
    ),
    "Names of what a container is given when it starts, and no image, lock, bill or log ever has: "
    "`secrets: [API_KEY]`. The value is that of the variable of this name where `lading up` or "
    "`lading run` is called, or what is in the file that `API_KEY_FILE` names. It is found in "
    "/run/secrets/API_KEY, and by handlers in their environment too. [Secrets](secrets.md) tells "
    "more.",
    "none",
)
_egress = Key(
    Switch(),
    "Whether the container may reach the network. For an ordinary user it needs a /dev/net/tun "
    "that is open to all; `lading doctor` says so.",
    "false",
)
_resources = Key(
    Keys(
        "resources",
        {
            "cpu": Key(Number(0.01, 1024), "Cores a container may use; 0.5 is half of one.", "1"),
            "memory": Key(
                Size(),
                "Memory a container may use. Where it needs more, its largest process is killed: a "
                "worker, which the server replaces, or a step's command. No other container is.",
                "512Mi",
            ),
            "gpu": Key(
                Whole(0, 64),
                "Graphics processors that each container has for itself. The embedded engine finds "
                "them by the Container Device Interface's files in /etc/cdi and /var/run/cdi.",
                "0",
            ),
        },
    ),
    "What each container may use.",
)
_batching = Key(
    Keys(
        "batching",
        {
            "max_size": Key(Whole(1, 10_000), "The most predictions in one batch.", "64"),
            "max_wait": Key(
                Duration(0, 60, 'a time up to 60s, such as "2ms"'),
                "The longest that a prediction waits for others to join it; 0ms takes those that "
                "are there already.",
                "2ms",
            ),
        },
    ),
    "How predictions are gathered into batches, where the handler has `predict_batch` or a "
    "`flavour` serves. What changes here makes a new revision and builds nothing.",
)
_scale = Key(
    Keys(
        "scale",
        {"min": Key(Whole(1, 1000), "How many containers run.", "1")},
        later=("max", "concurrency", "idle"),
    ),
    "How many containers of the service run.",
)

SERVICE = Keys(
    "a service",
    {
        "each": _each,
        "source": _source,
        "handler": Key(
            Text(
                'module:Class or module:function, such as "reader:Reader"',
                r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
                256,
            ),
            "What answers predictions: module:Class or module:function inside `source`. A service "
            "has one of this, a `flavour`, a `graph`, a `command` and an `image`.",
        ),
        "flavour": Key(
            Choice(tuple(FLAVOURS)),
            "What kind of model `model` is, which is served as it is, with no handler and no code. "
            "The library that loads it must be among the requirements. An MLflow model brings its "
            "own requirements, and its Python, unless `requirements` says otherwise.",
        ),
        "graph": Key(
            Deferred(graph),
            "A graph of calls to other services, with no code of its own: its steps, and what is "
            "answered. [Graphs](graphs.md) tells all that may be written.",
        ),
        "command": Key(
            Command(),
            "A process that speaks HTTP, in any language, run in `source`: a list of arguments, or "
            "a text split as a shell would. For `/name/rest` at the gateway it is asked for "
            "`/rest`. Beside an `image`, what its entrypoint is told in the place of its own "
            "command.",
        ),
        "image": Key(
            ImageName(),
            "Somebody else's image, run as it is: a server that speaks HTTP on a port, asked as a "
            "`command` is. It is pinned by digest in lading.lock, and nothing is built. [Images of "
            "others](bases.md) tells how it runs.",
        ),
        "user": Key(
            Text(
                'a user, and a group, in numbers: "1000" or "1000:1000", and not root\'s',
                r"[1-9][0-9]{0,9}(:[1-9][0-9]{0,9})?",
            ),
            "As whom an `image` runs: needed where it would run as root, which no container may.",
            "the image's own",
        ),
        "port": Key(
            Whole(1, 65535),
            "Where the `command` or `image` listens, on 127.0.0.1 of its container. It finds it in "
            "PORT too.",
            "8000",
        ),
        "health": Key(
            Text("a path that begins with /", r"/[!-~]*", 256),
            "A path that the `command` or `image` answers with 200 when it can answer requests.",
            "/healthz",
        ),
        "base": _base,
        "python": _python,
        "requirements": _requirements,
        "packages": _packages,
        "build_packages": _build_packages,
        "model": Key(
            Many("a path inside `source`, or a list of them", Inside(), alone=True, least=1),
            "Files or folders inside `source` that go into an image layer of their own, so that a "
            "change of code copies no weights. With a `flavour` exactly one, the model that is "
            "served.",
            "none",
        ),
        "env": _env,
        "ignore": _ignore,
        "keep": _keep,
        "allow_secrets": _allow_secrets,
        "max_size": _max_size,
        "resources": _resources,
        "scale": _scale,
        "workers": Key(
            Whole(1, 256),
            "Processes that predict, side by side, in each container. What a handler has loaded "
            "before they part is in memory once.",
            "1",
        ),
        "batching": _batching,
        "timeout": Key(
            Duration(), "How long a request may take, waiting for a container included.", "60s"
        ),
        "egress": _egress,
        "secrets": _secrets,
    },
    one_of=("handler", "flavour", "graph", "command", "image"),
    beside={"command": "image"},
    needs={"flavour": "model", "user": "image"},
    later=("release", "traffic"),
)

STEP = Keys(
    "a step",
    {
        "each": _each,
        "command": Key(
            Command(),
            "What runs, in `source`: a list of arguments, or a text split as a shell would.",
            required=True,
        ),
        "source": _source,
        "environment": Key(
            Text("the name of a service or step", NAME, 40),
            "The service or step whose Python, requirements and packages this one shares.",
            "an environment of its own",
        ),
        "base": _base,
        "python": _python,
        "requirements": _requirements,
        "packages": _packages,
        "build_packages": _build_packages,
        "outputs": Key(
            Many("a list of paths inside `source`", Inside("a path inside `source`")),
            "Files or folders copied back to `source` when the command succeeds, and only then.",
            "none",
        ),
        "env": _env,
        "ignore": _ignore,
        "keep": _keep,
        "allow_secrets": _allow_secrets,
        "max_size": _max_size,
        "resources": _resources,
        "egress": _egress,
        "secrets": _secrets,
    },
    later=("cache", "inputs", "matrix", "needs", "sweep", "timeout", "when"),
)

GATEWAY = Keys(
    "the gateway",
    {
        "host": Key(
            Text("a host name or an IP address", r"[A-Za-z0-9:._-]+", 253),
            "The address it binds to; 0.0.0.0 opens it to the network.",
            "127.0.0.1",
        ),
        "port": Key(Whole(1, 65535), "The port it answers on.", "8080"),
        "max_body": Key(Size(1), "The largest request body; a larger one gets a 413.", "64Mi"),
    },
    later=("auth", "cors", "jwt", "keys", "limits", "tls"),
)


def _named(what: str, kind: Keys) -> Named:
    return Named(what, kind, _NAME_WORDS, NAME, RESERVED, template=_TEMPLATE)


LADING = Keys(
    "lading.yaml",
    {
        "app": Key(
            Text(f"a name of {_NAME_WORDS}", NAME, 40), "The name of the app.", required=True
        ),
        "services": Key(
            _named("a mapping from names to services", SERVICE),
            "What answers predictions, each at `/name/predict` of the gateway.",
            "none",
        ),
        "steps": Key(
            _named("a mapping from names to steps", STEP),
            "What runs to completion in a container: `lading run NAME`.",
            "none",
        ),
        "gateway": Key(GATEWAY, "The one way in for all services."),
        "engine": Key(
            Choice(ENGINES),
            "What runs the containers: `embedded` needs no daemon, `docker` is Docker Engine or "
            "Podman. `lading up --engine` has the last word.",
            "embedded",
        ),
        "platforms": Key(
            Many("a list of at least one platform", Choice(PLATFORMS), least=1),
            "What `lading build` makes images for, all on this machine: `[linux/amd64, "
            "linux/arm64]`. [Platforms](platforms.md) tells how. `lading up` runs this machine's.",
            "this machine's alone",
        ),
        "state": Key(
            Text("the URL of a PostgreSQL, or sqlite", r"\S+", 1024),
            "Where [revisions](revisions.md) are kept: a PostgreSQL that several machines share, "
            "by its URL without a password. `LADING_DATABASE` has the last word.",
            "sqlite, a file of the app's own",
        ),
        "registry": REGISTRY,
        "registries": REGISTRIES,
        "signatures": Key(
            Deferred(signatures), "Whose signatures count; see [signing](signing.md)."
        ),
        "audit": Key(
            Deferred(audit), "What `lading audit` lets pass; see [auditing](auditing.md)."
        ),
    },
    later=("base", "mirrors", "monitoring", "release", "routes"),
)
