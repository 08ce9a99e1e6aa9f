"""Muon for convolutions: momentum, orthogonalized, on kernels flattened to matrices.

Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". Keras's Muon takes
kernels of two dimensions only, so a convolutional network would be trained by its Adam. Here a kernel
[..., in, out] is one matrix [... x in, out]. Biases, the parameters of normalizations, embeddings and
the classifier are trained by Adam, as the authors advise.
"""

from __future__ import annotations

from math import prod
from typing import Any

from bench.core.lazy import keras, tf
from bench.core.strategy import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic Newton-Schulz iteration: steep at 0, near 1 elsewhere."""
BLOCKS = (3, 2)
"""Iterations, five in all, between two products with the whole matrix. Rounding errors of small
singular values grow twelvefold in each iteration of a block; 3 keep TF32's error at 1%."""
UPDATE_RMS = 0.2
"""Root mean square of an update at learning rate 1, as large as Adam's (Liu et al., 2502.16982)."""


def orthogonalized(matrix: Tensor) -> Tensor:
    """Push all singular values of a matrix [M, N] toward 1; float32 [M, N].

    Singular values end between about 0.7 and 1.2, which trains as well as exactly 1.

    An iteration multiplies X by a polynomial in G = X X^T. These polynomials commute, so the product Q
    of a block of them follows from its first G, which is as small as the shorter side. A convolution's
    kernel is much longer than wide: that halves the operations.
    """
    rows, columns = matrix.shape
    x = tf.transpose(matrix) if rows > columns else matrix
    x = x / (tf.norm(x) + 1e-7)
    for iterations in BLOCKS:
        start = tf.matmul(x, x, transpose_b=True)
        product = _polynomial(start)
        for _ in range(iterations - 1):
            gram = tf.matmul(tf.matmul(product, start), product)
            product = tf.matmul(_polynomial(gram), product)
        x = tf.matmul(product, x)
    return tf.transpose(x) if rows > columns else x


def _polynomial(gram: Tensor) -> Tensor:
    """Return aI + bG + cG^2, the factor of one iteration."""
    a, b, c = COEFFICIENTS
    identity = tf.eye(gram.shape[0])
    return a * identity + tf.matmul(gram, b * identity + c * gram)


def make_muon(learning_rate: float, momentum: float) -> Any:
    """Return a Keras optimizer that trains kernels by Muon and all other variables by Adam."""

    class Muon(keras.optimizers.Optimizer):
        """Muon with Nesterov momentum; see the module."""

        def build(self, variables: list[Any]) -> None:
            if self.built:
                return
            super().build(variables)
            self.momenta = self.add_optimizer_variables(variables, "momentum")
            self.squares = [
                None if is_hidden_kernel(v) else self.add_variable_from_reference(v, "square")
                for v in variables
            ]

        def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
            index = self._get_variable_index(variable)
            mean, square = self.momenta[index], self.squares[index]
            if square is None:
                self.assign(mean, momentum * mean + gradient)
                update = muon_update(gradient + momentum * mean)
            else:
                step = tf.cast(self.iterations + 1, tf.float32)
                self.assign(mean, 0.9 * mean + 0.1 * gradient)
                self.assign(square, 0.999 * square + 0.001 * tf.square(gradient))
                correction = tf.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
                update = correction * mean / (tf.sqrt(square) + 1e-7)
            self.assign_sub(variable, learning_rate * update)

    return Muon(learning_rate=learning_rate, name="muon")


def muon_update(gradient: Tensor) -> Tensor:
    """Orthogonalize a kernel's gradient [..., in, out] as one matrix, scaled to Adam's size."""
    shape = gradient.shape
    rows, columns = prod(shape[:-1]), shape[-1]
    update = orthogonalized(tf.reshape(gradient, [rows, columns]))
    return tf.reshape(update, shape) * (UPDATE_RMS * max(rows, columns) ** 0.5)


def is_hidden_kernel(variable: Any) -> bool:
    """Return true if a variable is a kernel of a hidden layer."""
    layer, _, name = variable.path.rpartition("/")
    return name in ("kernel", "recurrent_kernel") and layer.rpartition("/")[2] != "head"
