"""Runs a graph for one request.

Every step is begun at once and waits for what it refers to, so the order is that of the references;
where these leave only one order, steps are taken in it.
A step that fails, and has nothing to stand for it, ends the whole: what is still under way is
cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol

from .. import log
from ..client.errors import ServiceError
from . import ensembles
from .document import Call, Ensemble, Expression, Given, Node, Parallel, Switch
from .expressions import Names, NotThereError, described, inside, value
from .failures import FailedError, NoCaseError
from .order import Lines


class Caller(Protocol):
    """Makes the calls of a graph."""

    async def __call__(self, call: Call, arguments: Mapping[str, Any]) -> Any:
        """The result, as plain Python. Raises ServiceError, TypeError, ValueError."""


class Execution:
    """One request's. `fallbacks` names the nodes that another stood for."""

    def __init__(self, caller: Caller, lines: Lines) -> None:
        self.fallbacks: list[str] = []
        self._caller = caller
        self._lines = lines

    async def run(self, steps: Mapping[str, Node], output: Expression, names: Names) -> Any:
        """The output. `names` are the values of the input. Raises FailedError."""
        return await self._all_steps(steps, output, "", names)

    async def _node(self, node: Node, where: str, names: Names) -> Any:
        try:
            return await self._bare(node, where, names)
        except FailedError as failure:
            if node.otherwise is None:
                raise
            log.write("warning", f"fell back: {failure}")
        self.fallbacks.append(where)
        return await self._node(node.otherwise, where, names)

    async def _bare(self, node: Node, where: str, names: Names) -> Any:
        if isinstance(node, Call):
            return await self._call(node, where, names)
        if isinstance(node, Given):
            return await self._value(node.value, where, names)
        if isinstance(node, Switch):
            return await self._switch(node, where, names)
        if isinstance(node, Parallel):
            return await self._parallel(node, where, names)
        if isinstance(node, Ensemble):
            return await self._ensemble(node, where, names)
        return await self._all_steps(node.steps, node.output, f"{where}.", names)

    async def _value(self, expression: Expression, where: str, names: Names) -> Any:
        try:
            return await value(expression, names)
        except NotThereError as error:
            raise FailedError(where, str(error)) from None

    async def _call(self, node: Call, where: str, names: Names) -> Any:
        arguments = {
            name: await self._value(one, where, names) for name, one in node.arguments.items()
        }
        try:
            return await self._caller(node, arguments)
        except ServiceError as error:
            raise FailedError(where, str(error), error) from None
        except (TypeError, ValueError) as error:
            raise FailedError(where, f"service {node.service!r}: {error}") from None

    async def _switch(self, node: Switch, where: str, names: Names) -> Any:
        on = await self._value(node.on, where, names)
        case = _case(on)
        if case in node.cases:
            return await self._node(node.cases[case], f"{where}.{case}", names)
        if node.default is None:
            came = f"came {case!r}" if case is not None else f"came {described(on)}"
            raise NoCaseError(where, f"expected one of {', '.join(node.cases)}, {came}")
        return await self._node(node.default, f"{where}.default", names)

    async def _parallel(self, node: Parallel, where: str, names: Names) -> Any:
        work = [self._node(x, f"{where}.{name}", names) for name, x in node.members.items()]
        results = await _together(work)
        return dict(zip(node.members, results))  # noqa: B905 - from Python 3.10

    async def _ensemble(self, node: Ensemble, where: str, names: Names) -> Any:
        places = [f"{where}[{i}]" for i in range(len(node.members))]
        results = await _together(
            [self._member(node, i, place, names) for i, place in enumerate(places)]
        )
        failed = [x for x in results if isinstance(x, FailedError)]
        if len(results) - len(failed) < node.needs:
            raise failed[0]
        for failure in failed:
            log.write("warning", f"left out: {failure}")
            self.fallbacks.append(failure.where)
        kept = [i for i, x in enumerate(results) if not isinstance(x, FailedError)]
        values = [results[i] for i in kept]
        try:
            return ensembles.combine(node.method, values, [node.weights[i] for i in kept])
        except ensembles.UnlikeError as error:
            raise FailedError(where, f"the {node.method} cannot be taken: {error}") from None

    async def _member(self, node: Ensemble, index: int, where: str, names: Names) -> Any:
        try:
            result = await self._node(node.members[index], where, names)
            return inside(result, node.take, "the result") if node.take else result
        except NotThereError as error:
            return FailedError(where, str(error))
        except FailedError as failure:
            return failure

    async def _all_steps(
        self, steps: Mapping[str, Node], output: Expression, prefix: str, names: Names
    ) -> Any:
        line = self._lines.get(id(steps))
        if line is not None:
            # As below, without a task and a future a step: four fifths of what a graph costs.
            there = dict(names)
            for name in line:
                there[name] = await self._node(steps[name], f"{prefix}{name}", there)
            return await self._value(output, f"{prefix}output", there)
        loop = asyncio.get_running_loop()
        coming: dict[str, asyncio.Future[Any]] = {name: loop.create_future() for name in steps}
        known = {**names, **coming}

        async def take(name: str, node: Node) -> None:
            coming[name].set_result(await self._node(node, f"{prefix}{name}", known))

        await _together([take(name, node) for name, node in steps.items()])
        return await self._value(output, f"{prefix}output", known)


async def _together(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All results, in order. The first that raises ends the others before it is raised."""
    if len(work) == 1:
        return [await work[0]]
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        # Also hears what others raised meanwhile, which asyncio would complain of.
        await asyncio.gather(*tasks, return_exceptions=True)


def _case(on: Any) -> Any:
    """A value as the text that a case would be written as; None for what is none."""
    if isinstance(on, bool):
        return "true" if on else "false"
    if on is None:
        return "null"
    if isinstance(on, float):
        return repr(int(on)) if on.is_integer() else repr(on)
    return str(on) if isinstance(on, (str, int)) else None
