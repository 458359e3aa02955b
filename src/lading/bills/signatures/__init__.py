"""Who stands for an image and its bill: made with a key, and checked against the keys trusted.

Written and read in the forms of sigstore, so that cosign, skopeo, podman and admission controllers
read what Lading signed, and Lading reads what they signed. Start reading at `signing.py`.
"""
