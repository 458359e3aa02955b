"""Names of what Lading says of a layer in its descriptor, and of artifacts (image-spec 1.1,
annotations.md)."""

KIND = "io.lading.layer.kind"
"""Which of the kinds of layers it is: base, wheels, code, …"""
TITLE = "io.lading.layer.title"
"""What is in it, for people."""
UNPACKED = "io.lading.layer.unpacked"
"""Bytes of its tar, as a decimal number."""
MADE_AT = "org.opencontainers.image.created"
"""Of an artifact: when what it tells was told (RFC 3339)."""
