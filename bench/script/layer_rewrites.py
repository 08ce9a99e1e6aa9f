"""The rewrites of a layer's class: its slots, its `flow` and its `parts` become plain Keras."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

import keras

from bench.core.errors import UsageError
from bench.core.strategy import Slot
from bench.networks.network import Network
from bench.script.acting import CHAINS, DENSE, NORMALIZATION, Written
from bench.script.parts import part
from bench.script.pieces import Scope
from bench.script.syntax import REMOVED, call, stores

if TYPE_CHECKING:
    from bench.script.layers import Layers

SAME_IN_TRAINING = (keras.layers.Dense, keras.layers.Embedding)
"""Layers that take the training mode but use it for quantization only."""


class LayerRewrites:
    """The rewrites of one layer's class."""

    def __init__(self, layers: Layers, layer: Any, scope: Scope, written: Written) -> None:
        self.layers, self.layer, self.scope, self.written = layers, layer, scope, written
        self.pieces, self.acting = layers.pieces, layers.acting
        self._loops: dict[str, ast.expr] = {}

    def special(self, node: ast.AST, scope: Scope) -> str | None:
        """Rewrite the code that is particular to the suite's networks."""
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            return self._method(node, scope) if isinstance(node, ast.FunctionDef) else None
        if isinstance(node, ast.Name) and node.id == "Network":
            self.pieces.imports.add("import keras")
            return "keras.Model"
        if isinstance(node, ast.Assign):
            return self._assignment(node, scope)
        if isinstance(node, ast.Return) and self._hands_back(scope):
            assert node.value is not None
            return (
                f"return {scope.source.render(node.value, self.pieces.rewriting(scope))}, targets"
            )
        if isinstance(node, ast.Call):
            return self._called(node, scope)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._attribute(node)
        return None

    def _method(self, node: ast.FunctionDef, scope: Scope) -> str | None:
        inner = Scope(
            scope.source,
            scope.globals,
            scope.owner,
            stores(node),
            dict(scope.imported),
            self.special,
        )
        self._loops = {
            part.target.id: part.iter
            for part in ast.walk(node)
            if isinstance(part, ast.For) and isinstance(part.target, ast.Name)
        }
        if not takes_flow(node):
            unused = self.written.unused if node.name == "__init__" else set()
            written = self.pieces.parameters(node, inner, {"parts", *unused})
            text = self.pieces.function(node, inner, node.name, written)
            masked = node.name == "__init__" and "mask" in self.written.needs
            if masked and "supports_masking" not in text:  # else Keras warns that the mask is lost
                text += "\n        self.supports_masking = True"
            return text.removeprefix(" " * node.col_offset)
        self.pieces.function(node, inner, node.name, [])  # fills in what it needs
        given = [arg.arg for arg in node.args.args if arg.arg != "flow"]
        if isinstance(self.layer, Network) and trains_differently(self.layer):
            self._need("training")
        defaults = {"training": "training=False", "now": "now=None", "mask": "mask=None",
                    "targets": "targets=None"}  # fmt: skip
        needs: list[str] = [
            name for name in ("mask", "targets", "training", "now") if name in self.written.needs
        ]
        self.written.needs = needs
        written = [*given, *(defaults[name] for name in needs)]
        text = self.pieces.function(node, inner, node.name, written)
        return text.removeprefix(" " * node.col_offset)

    def _hands_back(self, scope: Scope) -> bool:
        """Return true if a `call` returns the targets too: those mixed with a hidden state."""
        mixed = isinstance(self.layer, Network) and "hidden" in self.acting.stages
        return mixed and "flow" in scope.locals

    def _need(self, name: str) -> str:
        if name not in self.written.needs:
            self.written.needs.append(name)
        return name

    def _assignment(self, node: ast.Assign, scope: Scope) -> str | None:
        target = node.targets[0]
        makes = [part for part in ast.walk(node.value) if _is_parts(part, "normalization")]
        if makes and not self.acting.normalized:
            return REMOVED
        place = (type(self.layer), getattr(target, "attr", ""))
        if _is_slot(node.value) and self.layers.known and place not in self.layers.reads:
            return REMOVED
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        if isinstance(node.value, ast.Call) and _is_flow(node.value, "hidden"):
            return self._hidden(node, node.value, scope)
        left, right = render(target, rewrite), render(node.value, rewrite)
        return REMOVED if left == right else f"{left} = {right}"

    def _hidden(self, node: ast.Assign, value: ast.Call, scope: Scope) -> str:
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        left = render(node.targets[0], rewrite)
        state = render(value.args[1], rewrite)
        if "hidden" not in self.acting.stages:
            return REMOVED if left == state else f"{left} = {state}"
        slot = render(value.args[0], rewrite)
        for need in ("targets", "now", *(["mask"] if self.acting.mask else [])):
            self._need(need)
        mask = "mask" if self.acting.mask else "None"
        back = f"{left}, {mask if self.acting.mask else '_'}, targets"
        return f"{back} = {CHAINS['hidden']}({slot}, Batch({state}, {mask}, targets), now)"

    def _called(self, node: ast.Call, scope: Scope) -> str | None:
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        for stage in ("normalize", "noise", "merge", "kernel", "dense", "hidden"):
            if _is_flow(node, stage):
                return self._slot(stage, node, scope)
        if _is_parts(node) and isinstance(node.func, ast.Attribute):
            return self._part(node, node.func.attr, scope)
        if _is_cast_to_policy(node):
            return render(node.args[0], rewrite)
        flows = [k for k in node.keywords if k.arg == "flow"]
        parts = [a for a in node.args if isinstance(a, ast.Name) and a.id == "parts"]
        typed = [k for k in node.keywords if k.arg == "dtype" and "parts.dtype" in ast.unparse(k)]
        if not flows and not parts and not typed:
            return None
        left_out: set[ast.AST] = set(parts)
        if isinstance(node.func, ast.Name) and parts:
            function = self._layer_class(node.func.id, scope)
            left_out |= self._unused(node, scope.globals[node.func.id])
        else:
            function = render(node.func, rewrite)
        arguments = [render(a, rewrite) for a in node.args if a not in left_out]
        for keyword in node.keywords:
            if keyword in flows:
                arguments += [f"{need}={need}" for need in self._child(node.func)]
            elif keyword not in typed and keyword not in left_out:
                arguments.append(render(keyword, rewrite))
        return call(function, arguments)

    def _unused(self, node: ast.Call, kind: type) -> set[ast.AST]:
        """List the arguments of a layer's construction that its class does not read."""
        written = self.layers._written.get(kind, Written())
        names = list(inspect.signature(kind).parameters)
        given: dict[str, ast.AST] = dict(zip(names, node.args, strict=False))
        given |= {str(keyword.arg): keyword for keyword in node.keywords}
        return {value for name, value in given.items() if name in written.unused}

    def _slot(self, stage: str, node: ast.Call, scope: Scope) -> str:
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        if stage == "normalize":
            return self._normalized(node, scope)
        if stage == "hidden":
            if "hidden" in self.acting.stages:
                raise UsageError(
                    "a hidden slot stands inside an expression; a script cannot hold it"
                )
            return render(node.args[1], rewrite)
        line = node.lineno + inspect.getsourcelines(type(self.layer))[1] - 1
        acts = (inspect.getfile(type(self.layer)), line) in self.acting.sites
        if stage == "dense":
            return self._dense(node, acts, scope)
        if stage not in self.acting.stages or not acts:
            return " + ".join(render(argument, rewrite) for argument in node.args[1:])
        texts = [render(argument, rewrite) for argument in node.args]
        return call(CHAINS[stage], [*texts, *self._now(stage)])

    def _now(self, stage: str) -> list[str]:
        """List the argument `now` of a chain, if it takes one."""
        return [] if stage == "kernel" and not self.acting.timed else [self._need("now")]

    def _dense(self, node: ast.Call, acts: bool, scope: Scope) -> str:
        layer, values = (
            scope.source.render(argument, self.pieces.rewriting(scope)) for argument in node.args
        )
        if not acts:
            return call(layer, [values])
        self.pieces.include(Slot)
        return call(DENSE, [layer, values, *self._now("kernel")])

    def _normalized(self, node: ast.Call, scope: Scope) -> str:
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        values = render(node.args[1], rewrite)
        if not self.acting.normalized:
            return values
        layer = render(node.args[0], rewrite)
        if not self.acting.masked:
            return call(layer, [values])
        return call(layer, [values, f"mask={self._need('mask')}"])

    def _part(self, node: ast.Call, method: str, scope: Scope) -> str:
        """Write a call of `Parts` as one of a function."""
        render, rewrite = scope.source.render, self.pieces.rewriting(scope)
        arguments = [render(argument, rewrite) for argument in (*node.args, *node.keywords)]
        name = NORMALIZATION if method == "normalization" else part(method, self.pieces)
        return call(name, arguments)

    def _attribute(self, node: ast.Attribute) -> str | None:
        assert isinstance(node.value, ast.Name)
        if isinstance(node.ctx, ast.Load) and node.value.id in ("self", *self._loops):
            owner = self.layer if node.value.id == "self" else self._instance(node.value)
            self.layers.reads.add((type(owner), node.attr))
        if node.value.id == "flow":
            return self._need("targets" if node.attr == "targets" else node.attr)
        if node.value.id == "parts" and node.attr == "seed":
            return "SEED"
        return None

    def _child(self, function: ast.expr) -> list[str]:
        """List the arguments that a called layer needs, and add them to this layer's."""
        child = self._instance(function)
        if child is None:  # no layer of this kind has it
            return []
        needs = [need for need in self.layers.write(child).needs if need != "training"]
        for need in needs:
            self._need(need)
        return needs

    def _instance(self, function: ast.expr) -> Any:
        """Return the layer to which an expression in this layer's `call` refers."""
        if isinstance(function, ast.Name) and function.id in self._loops:
            return self._instance(self._loops[function.id])[0]
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) == "self":
            return self._part_of_layer(function.attr)
        raise UsageError(f"a script cannot hold {ast.unparse(function)}(...) of {self.layer.name}")

    def _part_of_layer(self, name: str) -> Any:
        """Return an attribute of the layer, or of another layer of its kind that has it."""
        kind = type(self.layer)
        alike = (x for x in self.layers.network._flatten_layers() if type(x) is kind)
        parts = (getattr(layer, name) for layer in (self.layer, *alike))
        return next((part for part in parts if part is not None), None)

    def _layer_class(self, name: str, scope: Scope) -> str:
        """Return the name of a layer's class, written by an instance of it in this layer."""
        kind = scope.globals[name]
        for layer in self.layer._flatten_layers(include_self=False):
            if type(layer) is kind:
                self.layers.write(layer)
                return self.layers._name(kind)
        return self.pieces.include(kind)


def takes_flow(node: ast.FunctionDef) -> bool:
    """Return true if a method gets the flow of a forward pass."""
    return any(argument.arg == "flow" for argument in node.args.args)


def trains_differently(network: Network) -> bool:
    """Return true if a layer of a network that is not the suite's works differently in training."""
    return any(
        layer._call_has_training_arg and not isinstance(layer, SAME_IN_TRAINING)
        for layer in network._flatten_layers(include_self=False)
    )


def _is_parts(node: ast.AST, method: str | None = None) -> bool:
    """Return true if a node is the call of a method of `parts`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = node.func.value
    named = isinstance(owner, ast.Name) and owner.id == "parts"
    return named and method in (None, node.func.attr)


def _is_flow(node: ast.Call, method: str) -> bool:
    """Return true if a node is the call of a method of `flow`."""
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "flow"
        and function.attr == method
    )


def _is_cast_to_policy(node: ast.Call) -> bool:
    return ast.unparse(node.func) == "tf.cast" and ast.unparse(node.args[1]) == "self.compute_dtype"


def _is_slot(value: ast.expr) -> bool:
    """Return true if an expression makes slots and nothing else."""
    calls = [part for part in ast.walk(value) if isinstance(part, ast.Call)]
    names = {ast.unparse(part.func) for part in calls}
    return names == {Slot.__name__}
