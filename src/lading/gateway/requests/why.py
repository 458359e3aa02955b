"""What became of a request that failed, in words. Pure."""

from __future__ import annotations

from lading.gateway.requests.request import Request

_BY_FLAG = {
    "DC": "{caller} went away",
    "DR": "{caller} went away",
    "UH": "the service has no replica",
    "NC": "the service has no replica",
    "UO": "too many requests were waiting",
    "OM": "the gateway had too much to do",
    "DPE": "not well-formed HTTP",
    "UPE": "the replica did not answer with well-formed HTTP",
    "SI": "nothing was sent for too long",
    "UC": "the replica went away in the middle of it",
    "UR": "the replica went away in the middle of it",
    "UF": "no replica could be reached",
    "URX": "no replica could be reached",
}
"""By Envoy's response flags; the first that is there counts."""

_BY_STATUS = {
    400: "not well-formed HTTP",
    403: "upgrades of a connection are not carried",
    404: "no service has this path",
    408: "the request did not arrive in time",
    413: "the body is too large",
    426: "HTTP/1.1 is needed",
    429: "too many requests",
    431: "the headers are too large",
    502: "the replica did not answer with well-formed HTTP",
    503: "the service could not answer then",
}
"""Of answers of the gateway's own."""

_BY_ANSWER = {
    429: "the service has as much to do as it takes on",
    503: "the service could not answer then",
    504: "the service did not do it in time",
}


def why(request: Request) -> str:
    """A phrase; empty where nothing went wrong."""
    if request.details == "via_upstream":
        return _answered(request.status)
    if _is_over_time(request):
        return _waited_for(request)
    for flag, text in _BY_FLAG.items():
        if flag in request.flags:
            return text.format(caller="the caller" if request.inside else "the client")
    if not request.failed:
        return ""
    if request.status == 404 and request.meant != request.service:
        return f"there is no service {request.meant}"
    return _BY_STATUS.get(request.status, request.details.replace("_", " "))


def _is_over_time(request: Request) -> bool:
    return "UT" in request.flags or (request.status == 504 and "DC" not in request.flags)


def _waited_for(request: Request) -> str:
    if request.sent_us is None:
        return "no replica could be reached in time"
    if request.answered_us is not None:
        # Of the last try, which said that it is to be tried again.
        return "no replica was ready in time"
    return "no answer in time"


def _answered(status: int) -> str:
    if status < 400:
        return ""
    return _BY_ANSWER.get(
        status, "the service failed" if status >= 500 else "the service refused it"
    )
