"""Train imdb with cautious_weight_decay + embedding_dropout + asam.

Arm 'asam+cautious_weight_decay+embedding_dropout' of the study 'advise-strong-imdb' (profile
strong) on imdb, data tfds:imdb_reviews/plain_text:1.0.0, assembled by `bench recipe` from the
code that was measured.

Against 'baseline': test accuracy +0.27 points [+0.20, +0.35], within the margin (45 seeds).

An effect holds for this network, training length and data; measure it on yours.

Needs: pip install tensorflow tensorflow-datasets.
Run: python THIS_FILE [--seed N] [--steps N]
"""

import argparse
import string
from collections import Counter
from hashlib import sha256
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

SEED = 0
CLASSES = 2
TRAIN_EXAMPLES = 22000
VALIDATION_EXAMPLES = 2500
STEPS = 1030
BATCH_SIZE = 64
LEARNING_RATE = 0.004  # at its peak
WARMUP = 0.2  # share of the steps in which the learning rate rises
VOCABULARY = 20000  # token ids, with padding 0 and unknown 1
LENGTH = 512  # tokens of a text
ENDS = "both"  # where a longer text keeps its words: start or both

# Random numbers -----------------------------------------------------------------------------------


def seed_of(*words):
    """Make a seed from words, so that each weight and each use of random numbers has its own."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "little") & 0x7FFFFFFF


def random_key(purpose, *positions):
    """Make the key, int32 [2], of stateless random numbers for a purpose, at a step if one is given."""
    key = tf.constant([SEED, seed_of(purpose)], tf.int32)
    for position in positions:
        key = tf.random.experimental.stateless_fold_in(key, position)
        key = tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))
    return key


# Cautious weight decay ----------------------------------------------------------------------------

# Shrinks the weights that the update moves toward 0.
#     w <- w - eta (u + lambda 1[u w >= 0] w), u is the optimizer's update
# Chen, Li, Liang, Su, Xie, Wang Pierse, Liang, Lao, Liu 2025: Cautious Weight Decay (arXiv
# 2510.12402)
#
# Weight decay of the coordinates that the optimizer's update moves toward 0.
#
# The share is that of `weight_decay`, the learning rate times `rate`, with the same default, since
# the paper keeps the rate of plain decay. The mask compares the step of the optimizer, momentum
# included, with the weights before it. A weight that did not move decays, as in public
# implementations; an update below the last digit of a weight counts as none. Like plain decay it
# touches no scale of a normalization and no bias. It costs a copy of the weights for the step. Chen
# et al. 2025; checked against its abstract and implementations, not against its full text.
#
# Measured alone: test accuracy +0.19 points [+0.15, +0.24], within the margin (45 seeds).

CAUTIOUS_WEIGHT_DECAY_RATE = 0.5  # lambda


def fused(function, *tensors):
    """Return `function(*tensors)`, compiled by XLA on its own, also in a step that is not.

    TensorFlow passes over the memory once for each operation. On weights that do not fit into the
    cache, such as a large embedding, this is what an update costs: fused, it takes a third to four
    fifths of the time (`python -m tests.perf.fused_updates`). Meant for elementwise operations: a
    sum may be rounded in another order.

    Args:
        function: a function of tensors, without variables of its own.
        tensors: its arguments, or lists of them.
    """
    values = tf.nest.map_structure(tf.convert_to_tensor, tensors)
    compiled = tf.function(function, jit_compile=True, autograph=False)
    # A concrete function: TensorFlow warns of a function that is called with many shapes.
    return compiled.get_concrete_function(*values)(*values)


def same_way(before, after):
    """Return 1 where an update from `before` to `after` moved a weight toward 0 or not at all, else 0.

    That is where u w >= 0, for the update u that the optimizer subtracts. The signs are multiplied, not
    the values, whose product may vanish.
    """
    return tf.cast(tf.sign(before - after) * tf.sign(before) >= 0.0, before.dtype)


def decayed(starts, ends, amount):
    """Return the weights after an update less a share of those before, where they go the same way."""
    pairs = zip(starts, ends, strict=True)
    return [after - amount * same_way(before, after) * before for before, after in pairs]


def cautious_weight_decay_update(weights, gradients, rest, learning_rate):
    """Update the weights; `rest` lets the optimizer apply gradients."""
    kernels = [w for w, yes in zip(weights.trainable, weights.decayed, strict=True) if yes]
    starts = [tf.identity(weight) for weight in kernels]
    rest(gradients)
    amount = learning_rate * CAUTIOUS_WEIGHT_DECAY_RATE
    for weight, value in zip(kernels, fused(decayed, starts, kernels, amount), strict=True):
        weight.assign(value)


# Embedding dropout --------------------------------------------------------------------------------

# Sets the embeddings of whole words of a text to zero.
#     e'_t = e_t m_{w_t} / (1 - p), m_w ~ Bernoulli(1 - p)
# Gal, Ghahramani 2015: A Theoretically Grounded Application of Dropout in Recurrent Neural
# Networks (arXiv 1512.05287)
#
# Embeddings of whole words of a text set to zero, at all their places.
#
# So single words do not give a text away. Each text draws its own words in every step; passes that
# run the model again from its features (R-Drop) share them. It compares all pairs of positions, which
# costs little at the usual lengths. Gal & Ghahramani 2015, section 4.2.

EMBEDDING_DROPOUT_RATE = 0.1  # share of words


def positive(key):
    return tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))


def uniform(key, shape):
    """Draw float32 numbers in [0, 1), multiples of 2^-24."""
    bits = tf.random.stateless_uniform(shape, positive(key), None, None, tf.uint32)
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24


def dropped(values, rate, key, shape=None):
    """Multiply values by 0 with probability `rate`, else by 1 / (1 - rate).

    The noise is made and applied in float32. So mixed precision drops the same values, with the same
    probability, as full precision. At rate 0 it multiplies by exactly 1.

    Args:
        values: [B, ...] of any floating type.
        rate: scalar in [0, 1).
        key: stateless random key, int32 [2].
        shape: shape of the noise, broadcast to that of the values; the same shape where None.
    """
    drawn = uniform(key, tf.shape(values) if shape is None else shape)
    noise = tf.where(drawn >= rate, 1.0 / (1.0 - rate), 0.0)
    return tf.cast(tf.cast(values, tf.float32) * noise, values.dtype)


def drop_words(ids, embeddings, rate, key):
    """Set some words of each text wholly to zero, in embeddings [B, T, D] of token ids [B, T].

    A word is dropped at all its places in a text or at none: every place has the noise of the word's
    first one. Other words are divided by 1 - rate.
    """
    length = ids.shape[1]
    same = ids[:, :, None] == ids[:, None, :]
    first = tf.reduce_min(tf.where(same, tf.range(length), length), axis=2)
    noise = dropped(tf.ones(tf.shape(ids)), rate, key)
    kept = tf.gather(noise, first, batch_dims=1)[..., None]
    return embeddings * tf.cast(kept, embeddings.dtype)


def embedding_dropout_embedded(ids, embeddings, key):
    """Change the embeddings [B, T, D] of token ids [B, T]."""
    return drop_words(ids, embeddings, EMBEDDING_DROPOUT_RATE, key)


# Adaptive sharpness-aware minimization ------------------------------------------------------------

# Takes the gradient where the loss nearby, relative to the weights, is worst.
#     g' = grad L(w + rho T^2 g / |T g|), g = grad L(w), T = |w| + eta
# Kwon, Kim, Park, Choi 2021: ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant
# Learning of Deep Neural Networks (arXiv 2102.11600)
#
# Steps along the gradient at w + rho T^2 g / |T g|, where T is |w| + eta for each weight.
#
# SAM's sharpness changes when a layer's weights are scaled up and the next layer's down, which leaves
# the network as it is; this one does not. Biases and the parameters of normalizations have T = 1. The
# authors' code scales the gains of normalizations too, which are near 1. Passes, statistics and the
# reported loss are as in `sam`, and so is the cost. Kwon et al. 2021, algorithm 1; rho for CIFAR-10.
#
# Measured alone: test accuracy +0.11 points [+0.07, +0.15], within the margin (45 seeds).

ASAM_RHO = 0.5  # radius
ASAM_ETA = 0.01  # least scale of a weight


def scale_to(radius, values):
    """Return the factor that scales values to the common norm `radius`; 0 if all values are 0."""
    norm = tf.linalg.global_norm(values)
    return tf.math.divide_no_nan(tf.cast(radius, tf.float32), norm)


class Gradients(NamedTuple):
    """The loss of a batch, and its gradient for each trainable variable."""

    loss: tf.Tensor
    values: list


def gradients_at_moved_weights(weights, rest, moves):
    """Compute the loss at the weights and the gradients at moved ones; restore weights and statistics.

    Moving statistics change once, in the pass at the weights themselves.

    Args:
        weights: the network's variables.
        rest: computes loss and gradients at the present weights.
        moves: from the gradients at the weights, what is added to each weight.
    """
    start = [tf.identity(w) for w in weights.trainable]
    loss, here = rest()
    state = [tf.identity(s) for s in weights.state]
    for weight, value, move in zip(weights.trainable, start, moves(here), strict=True):
        weight.assign(value + move)
    moved = rest().values
    for variable, value in zip([*weights.trainable, *weights.state], [*start, *state], strict=True):
        variable.assign(value)
    return Gradients(loss, moved)


def asam_gradients(weights, rest):
    """Compute the gradients; `rest` does so at the present weights, and can do so again."""
    scales = [
        tf.abs(weight) + ASAM_ETA if scaled else tf.ones_like(weight)
        for weight, scaled in zip(weights.trainable, weights.decayed, strict=True)
    ]

    def uphill(here):
        relative = [t * gradient for t, gradient in zip(scales, here, strict=True)]
        factor = scale_to(ASAM_RHO, relative)
        return [factor * (t * value) for t, value in zip(scales, relative, strict=True)]

    return gradients_at_moved_weights(weights, rest, uphill)


# Network ------------------------------------------------------------------------------------------


def seeded_initializer(kind, name):
    """Return a Keras initializer, or the one of a name such as `he_normal`, seeded for a weight."""
    unseeded = keras.initializers.get(kind)
    config = unseeded.get_config()
    if "seed" in config:
        config["seed"] = seed_of(SEED, "initial weights", name)
    return type(unseeded).from_config(config)


def dense_layer(name, units, kind="he_normal", bias=True):
    """Return a dense layer with a seeded kernel."""
    return keras.layers.Dense(
        units,
        use_bias=bias,
        kernel_initializer=seeded_initializer(kind, name),
        name=name,
    )


# Multipliers of the hash of a pair of token ids; both are prime.
FACTORS = (1_000_003, 8_191)


def pair_buckets(ids, buckets):
    """Hash each token with the one before it: int ids [B, T] -> int64 buckets [B, T].

    The first token has no neighbor before it and is paired with id 0.
    """
    ids = tf.cast(ids, tf.int64)
    before = tf.pad(ids[:, :-1], [[0, 0], [1, 0]])
    return (before * FACTORS[0] + ids * FACTORS[1]) % buckets


def masked_mean(values, mask):
    """Return the mean over unmasked positions: [B, T, D] with mask [B, T] -> [B, D]."""
    weights = tf.cast(mask, values.dtype)[..., None]
    count = tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
    return tf.reduce_sum(values * weights, axis=1) / count


class NgramNetwork(keras.Model):
    """Token ids [B, T] -> logits [B, K]: the mean over words of word and pair embeddings."""

    def __init__(self, vocabulary, buckets, embedding, classes):
        super().__init__(name="network")
        self.buckets = buckets
        self.words = self._table("words", vocabulary, embedding)
        self.pairs = self._table("pairs", buckets, embedding)
        self.head = dense_layer("head", classes, kind="glorot_uniform")
        self.supports_masking = True

    @staticmethod
    def _table(name, rows, width):
        initializer = seeded_initializer("uniform", name)
        return keras.layers.Embedding(rows, width, embeddings_initializer=initializer, name=name)

    def embed(self, values):
        return self.words(values) + self.pairs(pair_buckets(values, self.buckets))

    def call(self, features, mask=None):
        x = features
        x = masked_mean(x, mask)
        return self.head(x)


def make_network():
    return NgramNetwork(vocabulary=20000, buckets=200000, embedding=32, classes=2)


# Data ---------------------------------------------------------------------------------------------


_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " ") | {"'": None})


def words(text):
    """Split a text into its words."""
    return text.lower().replace("<br />", " ").translate(_PUNCTUATION).split()


FIRST_WORD = 2


def vocabulary(texts, size):
    """Give an id to each of the most frequent words; ties are broken alphabetically.

    Args:
        texts: the words of each text of the training split.
        size: number of different ids, with padding and the unknown word; all ids are below it.
    """
    counts = Counter(word for text in texts for word in text)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    known_words = ranked[: max(size - FIRST_WORD, 0)]
    return {word: index for index, (word, _) in enumerate(known_words, start=FIRST_WORD)}


PADDING = 0


UNKNOWN = 1


def encode(texts, ids, length, ends="start"):
    """Encode at most `length` words of each text, padded on the right, and count them.

    A longer text keeps its first words (`start`), or as many from its beginning as from its end
    (`both`), since a review often gives its opinion last.

    A text without a word becomes one unknown word, so that no length is 0.

    Returns:
        int32 [N, length] and int32 [N].
    """
    values = np.full((len(texts), length), PADDING, dtype=np.int32)
    lengths = np.empty(len(texts), dtype=np.int32)
    for row, text in enumerate(texts):
        kept = text[:length]
        if ends == "both" and len(text) > length:
            last = length // 2
            kept = [*text[: length - last], *text[len(text) - last :]]
        tokens = [ids.get(word, UNKNOWN) for word in kept] or [UNKNOWN]
        values[row, : len(tokens)] = tokens
        lengths[row] = len(tokens)
    return values, lengths


def load_data():
    """Load imdb_reviews/plain_text: token ids and labels of the training and of the test split."""
    import tensorflow_datasets as tfds

    loaded = tfds.load(
        "imdb_reviews/plain_text:1.0.0", split=["train", "test"], batch_size=-1, as_supervised=True
    )
    splits = [
        ([words(text.decode("utf-8", "replace")) for text in texts], labels)
        for texts, labels in tfds.as_numpy(loaded)
    ]
    ids = vocabulary(splits[0][0], VOCABULARY)
    return [(encode(texts, ids, LENGTH, ENDS)[0], labels) for texts, labels in splits]


def unseen(ids, labels, test_ids):
    """Leave out the training examples that occur in the test split too.

    Two texts are the same if their first 100 tokens are.
    """

    def digests(examples):
        return [sha256(example.tobytes()).digest() for example in examples]

    tested = set(digests(test_ids[:, :100]))
    kept = np.array([digest not in tested for digest in digests(ids[:, :100])])
    return ids[kept], labels[kept]


def split(labels):
    """Draw the rows of training and validation examples, with the share of each class in both.

    Each seed draws its own. So did the study, from another order of the data.
    """
    random = np.random.default_rng(seed_of(SEED, "training examples"))
    place = np.empty(len(labels))  # of each example; those of a class are spread evenly
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rows = rows[np.argsort(random.random(len(rows)))]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    order = np.lexsort((labels, place))
    return order[:TRAIN_EXAMPLES], order[TRAIN_EXAMPLES : TRAIN_EXAMPLES + VALIDATION_EXAMPLES]


# Training -----------------------------------------------------------------------------------------


def make_adam(learning_rate):
    """Return Keras's Adam with TensorFlow's kernel for its update.

    Keras writes the update as a dozen operations, each of which passes over a weight and its moments.
    With large embeddings they take most of a step on a CPU. The kernel computes the same formula
    (Kingma and Ba 2015, 1412.6980, the order of computation at the end of section 2).
    """

    class Adam(keras.optimizers.Adam):
        """Adam; see `make_adam`."""

        def update_step(self, gradient, variable, learning_rate):
            """Update a `tf.Variable` and its moments."""
            index = self._get_variable_index(variable)
            step = tf.cast(self.iterations + 1, tf.float32)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._momentums[index].value.handle,
                v=self._velocities[index].value.handle,
                beta1_power=self.beta_1**step,
                beta2_power=self.beta_2**step,
                lr=tf.cast(learning_rate, tf.float32),
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=tf.convert_to_tensor(gradient),
            )

    return Adam(learning_rate)


def as_input(ids):
    """Turn token ids of any whole type into int32."""
    return tf.cast(ids, tf.int32)


def learning_rate(step):
    """Rise to the peak, then fall along half a cosine; `step` counts from 0."""
    rising = max(1, round(WARMUP * STEPS))
    now = tf.cast(step, tf.float32)
    up = (now + 1.0) / rising
    passed = tf.minimum((now + 1.0 - rising) / max(1, STEPS - rising), 1.0)
    down = 0.5 * (1.0 + tf.cos(np.pi * passed))
    return LEARNING_RATE * tf.where(now < rising, up, down)


class Weights(NamedTuple):
    """The variables of a network."""

    trainable: list  # those that gradients change
    decayed: list  # for each: True for a kernel or an embedding, False for a scale or a bias
    state: list  # moving averages


def weights_of(network):
    """Return the variables of a network, with their roles."""
    variables = network.trainable_variables
    return Weights(
        trainable=[v.value for v in variables],
        decayed=[v.name in ("embeddings", "kernel") for v in variables],
        state=[v.value for v in network.variables if v.name.startswith("moving_")],
    )


def train(ids, labels):
    """Train on token ids [N, T], padded with 0 and labels [N]; return the network to use."""
    network = make_network()
    network(network.embed(as_input(ids[:2])), mask=ids[:2] != 0)
    optimizer = make_adam(LEARNING_RATE)
    optimizer.build(network.trainable_variables)
    per_epoch = len(labels) // BATCH_SIZE
    weights = weights_of(network)

    @tf.function(autograph=False)
    def train_step(ids, labels, step):
        """Train on one batch, token ids [B, T] and labels [B]; return the loss."""
        rate = learning_rate(step)
        mask = ids != 0
        targets = tf.one_hot(labels, CLASSES)

        def gradients_here():
            """Return the loss and its gradients at the present weights."""
            with tf.GradientTape() as tape:
                values = network.embed(as_input(ids))
                values = embedding_dropout_embedded(
                    as_input(ids), values, key=random_key("embedded/embedding_dropout", step)
                )
                logits = network(values, mask=mask)
                losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, network.trainable_variables)
            # Those of an embedding come as slices of rows.
            gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
            return Gradients(loss, gradients)

        loss, gradients = asam_gradients(weights, gradients_here)
        optimizer.learning_rate.assign(rate)

        def apply(gradients):
            optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))

        cautious_weight_decay_update(weights, gradients, apply, learning_rate=rate)
        return loss

    for step in range(STEPS):
        epoch, place = divmod(step, per_epoch)
        if place == 0:
            key = random_key("batch order", epoch)
            shuffle = tf.random.experimental.stateless_shuffle
            order = shuffle(tf.range(len(labels)), seed=key).numpy()
        rows = order[place * BATCH_SIZE : (place + 1) * BATCH_SIZE]
        loss = train_step(ids[rows], labels[rows], tf.constant(step))
        if (step + 1) % max(1, STEPS // 20) == 0:
            print(f"step {step + 1} of {STEPS}: loss {float(loss):.4f}", flush=True)
    return network


def logits_of(network, ids, size=500):
    """Return the logits float32 [N, K] of examples, in evaluation mode."""

    @tf.function(autograph=False, reduce_retracing=True)
    def logits(batch):
        return network(network.embed(as_input(batch)), mask=batch != 0)

    parts = range(0, len(ids), size)
    return np.concatenate([logits(ids[i : i + size]).numpy() for i in parts])


def evaluate(network, ids, labels):
    """Return the accuracy and the mean negative log-likelihood."""
    logits = tf.constant(logits_of(network, ids), tf.float64)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    accuracy = np.mean(np.argmax(logits, axis=1) == labels)
    return float(accuracy), float(tf.reduce_mean(losses))


def main():
    """Train once, and print the accuracy on the test split."""
    global SEED, STEPS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=STEPS, help="length of the training")
    options = parser.parse_args()
    SEED, STEPS = options.seed, options.steps
    (ids, labels), (test_ids, test_labels) = load_data()
    ids, labels = unseen(ids, labels, test_ids)
    rows, held_out = split(labels)
    network = train(ids[rows], labels[rows])
    for name, examples in (
        ("validation", (ids[held_out], labels[held_out])),
        ("test", (test_ids, test_labels)),
    ):
        accuracy, loss = evaluate(network, *examples)
        print(f"{name} accuracy {accuracy:.2%}, negative log-likelihood {loss:.4f}")


if __name__ == "__main__":
    main()
