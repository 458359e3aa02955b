"""What is known of what is in an image: its licences, and the vulnerabilities of its packages.

From the SBOM of its bill, and from a database of vulnerabilities that the user has; asks nobody.
Start reading at `vulnerabilities.py` and `licences.py`.
"""
