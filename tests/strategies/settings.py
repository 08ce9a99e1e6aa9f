"""Settings that differ from the defaults in the tests of all strategies, with the reasons.

A strategy whose default acts within four steps of a tiny network needs no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACTING: Mapping[str, Mapping[str, Any]] = {
    # Tiny networks have 4 channels and batches of 8 examples.
    "group_norm": {"groups": 2},
    "ghost_batch_norm": {"size": 4},
    # Four steps move no weight and no gradient as far as the default limits.
    "max_norm": {"limit": 0.5},
    "gradient_clipping": {"norm": 0.1},
    # No loss of an untrained network is below the default level.
    "flooding": {"level": 10.0},
    # The slow weights replace the others after every fifth step.
    "lookahead": {"period": 2},
    # The average of the last of four steps is the last weights.
    "swa": {"start": 0.25},
    # Logits over a temperature of 0.04 turn the rounding of bfloat16 into other losses.
    "logit_norm": {"temperature": 0.5},
    "early_stopping": {"patience": 1},
    # The ramp has hardly begun after four steps.
    "grid_mask": {"ramp": 0.0},
    "drop_block": {"ramp": 0.0},
}
"""Strategy -> parameters at which it acts within a few steps where its default would not."""
