"""Python requirements: resolved by uv for the image's Python, installed by uv, never executed."""
