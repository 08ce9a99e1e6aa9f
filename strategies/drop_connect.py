"""DropConnect."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, TaskFacts, Tensor, Tensors, parameter
from strategies._noise import dropped


@dataclass(frozen=True)
class DropConnect(Strategy):
    """Weights of dense layers set to zero at random in training, the others scaled up.

    The paper masks the weights of the dense layers of networks with convolutions, at a rate of .5, with
    a mask for each example. Here all examples of a forward pass have one mask: a mask for each example
    would need a kernel for each, and a product of a batch of matrices. So the noise of a step does not
    average out over its batch. It costs a random number for each weight of a dense layer, whatever the
    size of the batch. Biases stay. The evaluation uses the mean weights, as dropout does. The paper
    draws the inputs of each unit from a normal distribution there. The networks here have few dense
    layers: the classifier alone, and the projections of a Transformer. It does not reach the kernels of
    an LSTM, which Keras applies inside of one operation. Wan et al. 2013, sections 3 and 4. Rate and
    inference are quoted from memory.
    """

    rate: float = parameter(0.5, low=0.0, high=0.95, tune=(0.1, 0.7), doc="share of the weights")

    facts = Facts(
        name="drop_connect",
        family="noise in the network",
        paper=Paper(
            "Wan, Zeiler, Zhang, LeCun, Fergus",
            2013,
            "Regularization of Neural Networks using DropConnect",
        ),
        summary="sets weights of dense layers to zero at random",
        equation="y = x (W M / (1 - p)) + b, M ~ Bernoulli(1 - p) for each weight",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        claims=(
            "lower test error than dropout on several image recognition data sets",
            "slower to converge than training without it",
        ),
    )

    def applies(self, task: TaskFacts) -> str | None:
        if "dense" not in task.offers.get("kernel", ()):
            return f"{task.name} has no dense layer with a kernel slot"
        return None

    def kernel(self, slot: Slot, kernel: Tensor, state: Tensors, moment: Moment | None) -> Tensor:
        if moment is None or slot.kind != "dense":
            return kernel
        return dropped(kernel, self.rate, moment.key)
