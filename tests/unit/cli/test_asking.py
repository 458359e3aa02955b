"""What is asked of the controller."""

from dataclasses import replace

from lading.cli import asking
from lading.controller.messages import WantedApp, WantedService
from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.oci import Digest

OCR = WantedService("ocr", str(Digest.of(b"1")), Limits(), False, 1, 60.0)
DETECT = replace(OCR, name="detect")
NEWER = replace(OCR, image=str(Digest.of(b"2")))


def app(*services: WantedService, port: int = 9000) -> WantedApp:
    return WantedApp("translator", Listener(port=port), services)


def test_a_service_differs_by_its_image_its_settings_and_its_replicas() -> None:
    assert asking.differing(None, app(OCR)) == {"ocr"}
    assert asking.differing(app(OCR, DETECT), app(NEWER, DETECT)) == {"ocr"}
    assert asking.differing(app(OCR), app(replace(OCR, replicas=2))) == {"ocr"}
    assert asking.differing(app(OCR), app(OCR, DETECT)) == {"detect"}


def test_another_port_of_the_gateway_is_no_other_service() -> None:
    assert asking.differing(app(OCR), app(OCR, port=9001)) == set()


def test_a_limit_of_the_gateway_that_services_hold_too_is_a_change_of_all() -> None:
    smaller = replace(app(OCR, DETECT), listener=Listener(port=9000, max_body_bytes=1))
    assert asking.differing(app(OCR, DETECT), smaller) == {"ocr", "detect"}


def test_what_failed_is_as_it_was_or_not_there() -> None:
    good = app(OCR)
    wanted = app(NEWER, DETECT)
    assert asking.without(wanted, {"ocr"}, good) == app(OCR, DETECT)
    assert asking.without(wanted, {"detect"}, good) == app(NEWER)
