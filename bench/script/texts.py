"""Parts of a script that do not depend on its techniques: random keys, evaluation, values."""

from __future__ import annotations

RANDOM = '''\
def seed_of(*words):
    """Make a seed from words, so that each weight and each use of random numbers has its own."""
    text = "\\x1f".join(str(word) for word in words)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "little") & 0x7FFFFFFF


def random_key(purpose, *positions):
    """Make the key, int32 [2], of stateless random numbers for a purpose, at a step if one is given."""
    key = tf.constant([SEED, seed_of(purpose)], tf.int32)
    for position in positions:
        key = tf.random.experimental.stateless_fold_in(key, position)
        key = tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))
    return key
'''

NOW = '''\
class Now:
    """The step, and the number of a forward pass in it: what random numbers depend on."""

    def __init__(self, step, number, drawn=None):
        self.step, self.number, self.drawn = step, number, drawn

    def key(self, purpose):
        return random_key(purpose, self.step, self.number)
'''

AS_INPUT = {
    "images": '''\
def as_input(images):
    """Turn pixels uint8 into float32 in [0, 1]."""
    return tf.cast(images, tf.float32) / 255.0
''',
    "fractions": '''\
def as_input(images):
    """Turn pixels in [0, 1] into float32."""
    return tf.cast(images, tf.float32)
''',
    "ids": '''\
def as_input(ids):
    """Turn token ids of any whole type into int32."""
    return tf.cast(ids, tf.int32)
''',
}

ASSIGN = '''\
def restore(variables, values):
    """Give variables some values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
'''

RECALIBRATE = '''\
def recalibrate(averages, observe, batches=20):
    """Set moving averages to the plain means of the statistics of some batches.

    Those of the training lag behind the weights, and are those of augmented and mixed examples. A moving
    average with momentum m turns 0 into (1 - m) x and 1 into m + (1 - m) x, which gives m and so x.

    Args:
        averages: variables.
        observe: runs the network in training mode on the batch of a number.
    """

    def after(number, start):
        for variable in averages:
            variable.assign(tf.fill(variable.shape, start))
        observe(number)
        return [tf.identity(variable) for variable in averages]

    from_zero = [after(number, 0.0) for number in range(batches)]
    from_one = after(0, 1.0)
    for variable, *values, one in zip(averages, *from_zero, from_one, strict=True):
        momentum = one - values[0]
        variable.assign(tf.add_n(values) / batches / (1.0 - momentum))
'''

EVALUATE = '''\
def logits_of(network, {values}, size=500):
    """Return the logits float32 [N, K] of examples, in evaluation mode."""

    @tf.function(autograph=False, reduce_retracing=True)
    def logits(batch):
        return network(network.embed(as_input(batch)){mask}){first}

    parts = range(0, len({values}), size)
    return np.concatenate([logits({values}[i : i + size]).numpy() for i in parts])


def evaluate(network, {values}, labels):
    """Return the accuracy and the mean negative log-likelihood."""
    logits = tf.constant(logits_of(network, {values}), tf.float64)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    accuracy = np.mean(np.argmax(logits, axis=1) == labels)
    return float(accuracy), float(tf.reduce_mean(losses))
'''

KERNELS = {
    "convolution": '''\
def convolution(values, kernel, stride=1):
    """Convolve [B, H, W, C] with a kernel [h, w, C, D], same padding."""
    return tf.nn.conv2d(values, kernel, stride, "SAME")
''',
    "max_pool": '''\
def max_pool(values):
    """Return the largest value of each 2x2 window of [B, H, W, C]."""
    return tf.nn.max_pool2d(values, 2, 2, "VALID")
''',
    "gelu": '''\
def gelu(values):
    """Return GELU by its approximation with tanh."""
    return tf.nn.gelu(values, approximate=True)
''',
}
"""Name of an operation of `bench.networks.kernels` -> TensorFlow's slower one with the same result."""

VALUES = {
    "Batch": '''\
class Batch(NamedTuple):
    """Examples and their targets."""

    values: tf.Tensor  # images [B, H, W, C], token ids [B, T] or embeddings [B, T, D]
    mask: object  # booleans [B, T], True where there is a token; None for images
    targets: tf.Tensor  # soft one-hot labels, float32 [B, K]
''',
    "LossResult": '''\
class LossResult(NamedTuple):
    """The loss of each example of a batch."""

    losses: tf.Tensor  # float32 [B]
    logits: tf.Tensor  # [B, K]
    targets: tf.Tensor  # [B, K]
''',
    "Gradients": '''\
class Gradients(NamedTuple):
    """The loss of a batch, and its gradient for each trainable variable."""

    loss: tf.Tensor
    values: list
''',
    "Slot": '''\
class Slot(NamedTuple):
    """A place in the network."""

    name: str
    kind: str  # "map" [B, H, W, C], "sequence" [B, T, D], "vector" [B, D]; of a kernel its layer's
    depth: float = 0.0  # 0 at the input, 1 at the last place of its kind
    number: int = 0  # hidden states, or kernels, before this one
    total: int = 1  # hidden states, or kernels, of the network
''',
    "StoppingDecision": """\
class StoppingDecision(NamedTuple):
    keep: bool  # True if the weights are the best so far
    stop: bool
""",
}
"""Values of the contract of strategies, in the words of a script; a test compares their fields."""
