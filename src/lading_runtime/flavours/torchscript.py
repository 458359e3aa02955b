"""TorchScript: an argument for each tensor of `forward`.

Neither dtypes nor shapes stand in such a file, nor which axis is the batch: every request is
predicted by itself, however many rows it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..handlers.handler import Handler, HandlerError
from ..handlers.signature import parameter, signature_of
from ..handlers.tensors import Tensor
from . import cores
from .libraries import needed
from .networks import Network


def load(path: str) -> Handler:
    """Raises HandlerError, and what the library raises."""
    torch = needed("torch", "torch")
    module = torch.jit.load(path, map_location="cpu").eval()
    names = _arguments(path, module)
    network = Network(tuple(Tensor(name, "", ()) for name in names), _Run(torch, module).run, False)
    told = next(module.parameters(), torch.zeros(())).dtype
    datatype = {torch.float64: "FP64", torch.float16: "FP16"}.get(told, "FP32")
    facts = {
        "platform": "pytorch_torchscript",
        "versions": {"torch": str(torch.__version__)},
        "inputs": tuple(Tensor(name, datatype, (-1,)) for name in names),
        "outputs": (),
    }
    array = needed("numpy", "numpy").ndarray
    signature = signature_of(tuple(parameter(name, array) for name in names), dict[str, Any])
    return Handler(path, signature, predict_batch=network.predict_batch, facts=facts)


def _arguments(path: str, module: Any) -> "list[str]":
    """Names of the tensors that `forward` needs."""
    names = []
    for argument in module.forward.schema.arguments[1:]:
        if str(argument.type) == "Tensor":
            names.append(str(argument.name))
        elif not argument.has_default_value():
            raise HandlerError(
                f"{path}: forward needs {argument.name!r}, a {argument.type}; "
                "give it a default, or wrap the module in one that takes tensors alone"
            )
    return names


class _Run:
    def __init__(self, torch: Any, module: Any) -> None:
        self._torch = torch
        self._module = module
        floating = (x.dtype for x in module.parameters() if x.dtype.is_floating_point)
        self._dtype = next(floating, torch.float32)
        self._is_set = False

    def run(self, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        """Floats become the model's own; whole numbers too, where it refuses them as they are."""
        if not self._is_set:
            # Here, not in load: it holds for the thread that says it.
            self._torch.set_num_threads(cores.threads())
            self._is_set = True
        given = {name: self._tensor(value) for name, value in tensors.items()}
        with self._torch.no_grad():
            try:
                output = self._module(**given)
            except RuntimeError:
                if all(value.dtype.is_floating_point for value in given.values()):
                    raise
                output = self._module(**{name: x.to(self._dtype) for name, x in given.items()})
        return dict(_named("output", output))

    def _tensor(self, value: Any) -> Any:
        # A copy: what came over the wire may not be written to, and a module may do so.
        tensor = self._torch.tensor(value)
        return tensor.to(self._dtype) if tensor.dtype.is_floating_point else tensor


def _named(name: str, output: Any) -> "list[tuple[str, Any]]":
    """`output`, `output_0` and so on of a tuple, or the names of a dict."""
    if isinstance(output, dict):
        return [(str(key), value.numpy()) for key, value in output.items()]
    if isinstance(output, (list, tuple)):
        return [(f"{name}_{index}", value.numpy()) for index, value in enumerate(output)]
    return [(name, output.numpy())]
