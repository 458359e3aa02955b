"""The SBOM of an image: what is in it, the same each time, and by the schema."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from lading.bills import sbom
from lading.bills.inside import reading
from lading.bills.needs import Needs
from lading.oci import Descriptor, Digest, Layer, media_types
from tests.unit.bills.built_image import BASE, SITE, Workshop


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("sbom"))


@pytest.fixture(scope="module")
def document(workshop: Workshop) -> dict[str, Any]:
    return dict(json.loads(sbom.make(workshop.made(), workshop.cache)))


def component(document: dict[str, Any], ref: str) -> dict[str, Any]:
    return next(dict(one) for one in document["components"] if one["bom-ref"] == ref)


def needs(document: dict[str, Any], ref: str) -> list[str]:
    return next(one.get("dependsOn", []) for one in document["dependencies"] if one["ref"] == ref)


def test_it_is_valid_by_the_official_schema(document: dict[str, Any]) -> None:
    found = JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document))
    assert found is None
    document = {**document, "components": [{"type": "nonsense"}]}
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document)) is not None


def test_the_same_image_gives_the_same_bytes_wherever_and_whenever(tmp_path: Path) -> None:
    one, other = Workshop(tmp_path / "one"), Workshop(tmp_path / "other")
    first = sbom.make(one.made(), one.cache)
    assert first == sbom.make(one.made(), one.cache) == sbom.make(other.made(), other.cache)
    assert b"timestamp" not in first


def test_another_code_is_another_image_with_the_same_packages(workshop: Workshop) -> None:
    one, other = workshop.made(), workshop.made("x = 2\n")
    first, second = (json.loads(sbom.make(x, workshop.cache)) for x in (one, other))
    assert first["components"] == second["components"]
    assert first["serialNumber"] != second["serialNumber"]
    assert second["metadata"]["component"]["version"] == str(other.built.image.digest)
    assert second["metadata"]["component"]["purl"] == f"pkg:oci/ocr@{other.built.image.digest}"


def test_a_debian_package_has_its_source_hash_supplier_and_licences(
    document: dict[str, Any],
) -> None:
    found = component(document, "deb:libc6:amd64")
    assert found["purl"] == (
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12&upstream=glibc"
    )
    assert found["hashes"] == [{"alg": "SHA-256", "content": "c" * 64}]
    assert found["supplier"]["name"].startswith("GNU Libc Maintainers")
    assert found["licenses"] == [
        {"license": {"id": "LGPL-2.1-or-later"}},
        {"license": {"name": "GPL-2.0-only OR MIT"}},
    ]
    told = {one["name"]: one["value"] for one in found["properties"]}
    assert told["aquasecurity:trivy:SrcName"] == "glibc"


def test_a_package_whose_documents_are_anothers_has_their_licences(
    document: dict[str, Any],
) -> None:
    found = component(document, "deb:libgcc-s1:amd64")
    assert found["licenses"] == component(document, "deb:libc6:amd64")["licenses"]
    assert found["purl"].endswith("&upstream=gcc-12%4012.2.0-14")


def test_a_wheel_has_its_place_licence_and_hash(document: dict[str, Any]) -> None:
    found = component(document, f"pypi:flask-like:{SITE}")
    assert found["purl"] == "pkg:pypi/flask-like@3.0"
    assert found["licenses"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert found["hashes"] == [{"alg": "SHA-256", "content": "f" * 64}]
    assert found["supplier"] == {"name": "Ada Lovelace"}


def test_a_model_file_is_a_model_with_its_hash(document: dict[str, Any]) -> None:
    found = component(document, "model:model.bin")
    assert found["type"] == "machine-learning-model"
    assert found["hashes"][0]["content"] == hashlib.sha256(b"weights").hexdigest()
    assert found["properties"] == [{"name": "lading:path", "value": "/app/model.bin"}]


def test_who_needs_whom_is_told_of_what_is_there(document: dict[str, Any]) -> None:
    assert needs(document, f"pypi:flask-like:{SITE}") == [f"pypi:markupsafe:{SITE}"]
    assert needs(document, "deb:libc6:amd64") == ["deb:libgcc-s1:amd64"]
    assert needs(document, "os") == ["deb:libc6:amd64", "deb:libgcc-s1:amd64"]
    assert needs(document, "image") == ["model:model.bin", "os", f"pypi:flask-like:{SITE}"]


def test_markers_are_held_against_the_image_and_not_this_machine(tmp_path: Path) -> None:
    wanted = (
        'Requires-Dist: backports; python_version < "3.10"\n'
        'Requires-Dist: flask-like; python_version < "3.10" and platform_machine == "x86_64"\n'
        'Requires-Dist: markupsafe; python_version >= "3.10" or os_name == "nt"\n'
    )
    found = {}
    for python in ("3.9", "3.11"):
        site = f"usr/local/lib/python{python}/dist-packages"
        layers = {
            f"{site}/a-1.dist-info/METADATA": f"Name: a\nVersion: 1\n{wanted}",
            f"{site}/flask_like-3.dist-info/METADATA": "Name: flask-like\nVersion: 3\n",
            f"{site}/markupsafe-2.dist-info/METADATA": "Name: markupsafe\nVersion: 2\n",
        }
        told = {**layers, "var/lib/dpkg/status.d/libc6": BASE["var/lib/dpkg/status.d/libc6"]}
        facts = reading.said([Workshop(tmp_path / python).layer("base", told)[1]], tmp_path)
        found[python] = Needs.of(facts).by_ref()[f"pypi:a:{site}"]
    assert found == {
        "3.9": {"pypi:flask-like:usr/local/lib/python3.9/dist-packages"},
        "3.11": {"pypi:markupsafe:usr/local/lib/python3.11/dist-packages"},
    }


def test_libraries_that_a_wheel_brings_are_told_by_its_own_list(tmp_path: Path) -> None:
    listed = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.4",
        "components": [
            {"type": "library", "name": "a", "version": "1", "purl": "pkg:pypi/a@1?file_name=a"},
            {"name": "libgomp", "version": "8.5", "purl": "pkg:rpm/almalinux/libgomp@8.5#1"},
            {"name": "zlib", "version": "1.3", "licenses": [{"license": {"id": "Zlib"}}]},
            {"name": "freetype", "version": "2", "scope": "optional"},
            {"name": "pybind11", "version": "2", "scope": "excluded"},
            {"name": "unversioned"},
            {"name": "odd", "version": "1", "purl": "nonsense"},
        ],
    }
    lists = {
        f"{SITE}/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
        f"{SITE}/a-1.dist-info/sboms/auditwheel.cdx.json": json.dumps(listed),
        f"{SITE}/a-1.dist-info/sboms/other.spdx.json": '{"spdxVersion": "SPDX-2.3"}',
        f"{SITE}/a-1.dist-info/sboms/broken.json": "{",
    }
    workshop = Workshop(tmp_path)
    document = json.loads(sbom.make(workshop.made(base={**BASE, **lists}), workshop.cache))
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document)) is None
    refs = [f"in:{SITE}/a-1:{x}" for x in ("freetype@2", "libgomp@8.5", "odd@1", "zlib@1.3")]
    assert needs(document, f"pypi:a:{SITE}") == refs
    freetype, libgomp, odd, zlib = (component(document, ref) for ref in refs)
    assert (freetype["scope"], "purl" in odd) == ("optional", False)
    assert libgomp["purl"] == "pkg:rpm/almalinux/libgomp@8.5"
    assert zlib["licenses"] == [{"license": {"id": "Zlib"}}]


def test_a_package_that_lies_in_the_source_is_told_as_well(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    made = workshop.made()
    vendored = {"app/vendor/six-1.17.0.dist-info/METADATA": "Name: six\nVersion: 1.17.0\n"}
    layer, stored = workshop.layer("code", vendored)
    image = type(made.built.image)(
        made.built.image.manifest, made.built.image.config, (*made.built.image.layers, stored)
    )
    built = type(made.built)(image, (*made.built.layers, layer))
    made = type(made)(made.recipe, made.locked, built, made.began)
    document = json.loads(sbom.make(made, workshop.cache))
    assert component(document, "pypi:six:app/vendor")["version"] == "1.17.0"


def test_an_image_without_a_lock_has_its_packages_without_hashes(workshop: Workshop) -> None:
    document = json.loads(sbom.of_image("theirs", workshop.made().built.image, workshop.cache))
    assert "hashes" not in component(document, "deb:libc6:amd64")
    assert component(document, "os")["version"] == "12"


def test_a_damaged_record_is_made_again(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    first = sbom.make(workshop.made(), workshop.cache)
    for path in workshop.cache.rglob("*.json"):
        path.write_bytes(b"")
    assert sbom.make(workshop.made(), workshop.cache) == first


def test_an_upper_layer_takes_away_what_is_below(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    made = workshop.made()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(f"{SITE}/.wh.MarkupSafe-2.1.dist-info"))
    content = packed.getvalue()
    described = Descriptor.of(media_types.LAYER, content)
    stored = Layer(described, Digest.of(content), lambda: io.BytesIO(content))
    image = type(made.built.image)(
        made.built.image.manifest, made.built.image.config, (*made.built.image.layers, stored)
    )
    document = json.loads(sbom.of_image("theirs", image, workshop.cache))
    refs = [one["bom-ref"] for one in document["components"]]
    assert f"pypi:flask-like:{SITE}" in refs
    assert f"pypi:markupsafe:{SITE}" not in refs


def test_who_wrote_an_sbom_is_known() -> None:
    assert sbom.is_ours(b'{"metadata": {"tools": [{"name": "lading"}]}}')
    assert not sbom.is_ours(b'{"metadata": {"tools": {"components": [{"name": "syft"}]}}}')
    assert not sbom.is_ours(b"{}")
    assert not sbom.is_ours(b"no JSON")


def test_a_python_that_no_package_brought_is_told(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    own = {"usr/local/include/python3.12/patchlevel.h": '#define PY_VERSION  "3.12.4"\n'}
    made = workshop.made(base={**BASE, **own})
    document = json.loads(sbom.make(made, workshop.cache))
    assert component(document, "python")["purl"] == "pkg:generic/python@3.12.4"
