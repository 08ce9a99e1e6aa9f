"""Adam in one pass over the memory of each weight."""

from __future__ import annotations

from typing import Any

from bench.core.lazy import keras, tf
from bench.core.strategy import Tensor


def make_adam(learning_rate: float) -> Any:
    """Return Keras's Adam with TensorFlow's kernel for its update.

    Keras writes the update as a dozen operations, each of which passes over a weight and its moments.
    With large embeddings they take most of a step on a CPU. The kernel computes the same formula
    (Kingma and Ba 2015, 1412.6980, the order of computation at the end of section 2).
    """

    class Adam(keras.optimizers.Adam):
        """Adam; see `make_adam`."""

        def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
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
