"""When a request is tried again.

Fields: envoy.config.route.v3.RetryPolicy; conditions: x-envoy-retry-on of Envoy's router filter.
"""

from __future__ import annotations

import math

from lading.gateway.document import Document, duration, typed

NOT_STARTED = "x-lading-not-started"
"""Response header of a replica that refused a request before doing anything for it."""

_NOTHING_STARTED = "connect-failure,refused-stream,reset-before-request,retriable-headers"
_WHATEVER_HAPPENED = f"{_NOTHING_STARTED},reset"
_BASE_SECONDS = 0.025
_MOST_SECONDS = 0.5
# Envoy waits a random time up to the bound, so about half of it: four tries a second, and to spare.
_TRIES_A_SECOND = 5


def policy(timeout_seconds: float, repeatable: bool) -> Document:
    """How to retry for as long as the request may last.

    A request that is not `repeatable` is sent again only when no replica can have begun it.
    """
    return {
        "retry_on": _WHATEVER_HAPPENED if repeatable else _NOTHING_STARTED,
        "num_retries": math.ceil(timeout_seconds * _TRIES_A_SECOND) + 10,
        "retriable_headers": [{"name": NOT_STARTED, "string_match": {"exact": "1"}}],
        "retry_back_off": {
            "base_interval": duration(_BASE_SECONDS),
            "max_interval": duration(_MOST_SECONDS),
        },
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": typed(
                    "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                ),
            }
        ],
        "host_selection_retry_max_attempts": 5,
    }
