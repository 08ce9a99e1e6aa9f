"""Steps that convert records of earlier schemas to the present one, a version at a time.

A step is a function from the payload of one version to that of the next. A new version adds a step here
and a fixture of the old one under `tests/fixtures/`. A step is never changed or removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Payload = dict[str, Any]
Step = Callable[[Payload], Payload]
Steps = Mapping[str, Mapping[int, Step]]
Model = TypeVar("Model", bound=BaseModel)

STEPS: Steps = {"trials": {}, "step_time": {}, "study": {}, "history": {}}
"""Kind -> version -> the step to the next version. All kinds are at version 1."""


def parsed(model: type[Model], kind: str, payload: bytes, steps: Steps = STEPS) -> Model:
    """Read the value in a payload (JSON) of any version.

    Raises:
        ValidationError: it holds no such value, or no steps lead from its version to this one.
    """
    try:
        return model.model_validate_json(payload)
    except ValidationError:
        older = _upgraded(kind, payload, steps)
        if older is None:
            raise
        return model.model_validate(older)


def readable(kind: str, version: object, current: int, steps: Steps = STEPS) -> bool:
    """Return true if steps lead from a version to the current one."""
    while isinstance(version, int) and version < current and version in steps[kind]:
        version += 1
    return version == current


def _upgraded(kind: str, payload: bytes, steps: Steps) -> Payload | None:
    """Apply every step that the payload's version has; None if it has none."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    moved = False
    while isinstance(value, dict) and (step := _step(kind, value, steps)):
        version = value["schema_version"]
        value = {**step(value), "schema_version": version + 1}
        moved = True
    return value if moved else None


def _step(kind: str, value: Payload, steps: Steps) -> Step | None:
    version = value.get("schema_version")
    return steps[kind].get(version) if isinstance(version, int) else None
