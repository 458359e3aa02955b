import json

import pytest

from lading.errors import StoreError
from lading.oci import Artifact, Descriptor, media_types

SUBJECT = Descriptor.of(media_types.MANIFEST, b"an image")


def test_an_artifact_names_its_subject_and_holds_one_document():
    artifact = Artifact.of(SUBJECT, media_types.IN_TOTO, b"{}", {"b": "2", "a": "1"})
    document = json.loads(artifact.manifest)
    assert document["subject"] == SUBJECT.to_json()
    assert document["artifactType"] == media_types.IN_TOTO
    assert document["config"]["mediaType"] == media_types.EMPTY
    assert [one["mediaType"] for one in document["layers"]] == [media_types.IN_TOTO]
    assert Artifact.parse(artifact.manifest, b"{}") == artifact
    assert Artifact.parse(artifact.manifest, b"{}").annotations == {"a": "1", "b": "2"}


def test_another_content_is_refused():
    artifact = Artifact.of(SUBJECT, media_types.IN_TOTO, b"{}")
    with pytest.raises(StoreError, match=r"manifest.layers\[0\]: expected sha256:44136"):
        Artifact.parse(artifact.manifest, b"[]")


def test_without_an_artifact_type_the_config_says_it():
    document = json.loads(Artifact.of(SUBJECT, media_types.SPDX, b"{}").manifest)
    del document["artifactType"]
    document["config"]["mediaType"] = "application/vnd.example+json"
    parsed = Artifact.parse(json.dumps(document).encode(), b"{}")
    assert parsed.artifact_type == "application/vnd.example+json"


def test_more_than_one_document_is_refused():
    document = json.loads(Artifact.of(SUBJECT, media_types.SPDX, b"{}").manifest)
    document["layers"] *= 2
    with pytest.raises(StoreError, match=r"manifest\.layers: expected one, got 2"):
        Artifact.parse(json.dumps(document).encode(), b"{}")
