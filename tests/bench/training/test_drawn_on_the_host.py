"""Numbers that strategies draw outside the compiled step."""

from __future__ import annotations

from bench.core.strategy import configured
from bench.plugins.registry import find
from tests.tiny import tiny_arm


def test_a_step_draws_on_the_host_and_reads_no_variable_there() -> None:
    """TensorFlow draws gammas on a CPU only: a key on a GPU would be copied, and waited for."""
    registry = find()
    arm = tiny_arm(registry.task("cifar10"), [configured(registry.strategy("cutmix"), {})])
    functions = {f.signature.name: f for f in arm.graph().as_graph_def().library.function}
    (body,) = (
        f for f in functions.values() if any(n.op == "StatelessRandomGammaV3" for n in f.node_def)
    )
    drawing = [node for node in body.node_def if "Stateless" in node.op]
    assert len(drawing) > 3
    assert all(node.device.endswith("CPU:0") for node in drawing), [n.name for n in drawing]
    assert not any(node.op == "ReadVariableOp" for node in body.node_def)
