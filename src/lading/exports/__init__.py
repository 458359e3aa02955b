"""An app in forms that other tools run.

What is written is what `lading up` would run: the same images, limits and isolation, and the same
gateway. `compose.py` is a Compose file, made of what `replicas.py` and `gateway.py` say;
`containers.py` is what is so of every container. `gateway_image.py` and `bridged.py` make images
that are needed besides those of the services. `dockerfile.py` says one image in the words of
`docker build`, `build_context.py` is the folder that it copies from, and `indexes.py` where its pip
looks. `pipelines/` is the way from a commit to a registry. It imports nothing above `settings`.
"""
