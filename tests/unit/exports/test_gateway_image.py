"""The gateway's image: where its parts look for one another."""

from __future__ import annotations

from lading.building.progress import Silent
from lading.exports import gateway_program
from lading.exports.gateway_image import FOLDER, PORT, _Told, listening
from lading.gateway.bootstrap import NAME, admin_socket
from lading.gateway.route import Listener


def test_the_program_that_ends_envoy_finds_its_administration() -> None:
    assert str(admin_socket(FOLDER)) == gateway_program.ADMIN
    assert f"http.{NAME}.downstream_rq_active" == gateway_program._ACTIVE


def test_inside_it_listens_on_every_address_whatever_the_app_says() -> None:
    asked = Listener("127.0.0.1", 443, 7)
    assert listening(asked) == Listener("0.0.0.0", PORT, 7)


def test_envoy_is_not_told_of_as_a_model() -> None:
    told = _Told(Silent(), "gateway")
    assert told.told("model: envoy") == "gateway: envoy"
    assert told.told("code: 2 files") == "gateway: code: 2 files"
