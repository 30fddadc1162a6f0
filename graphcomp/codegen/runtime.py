"""What every generated module for NumPy does with its arguments first.

Generated modules carry a copy of the source of these functions, so each needs nothing but NumPy,
and its lines are at most 88 columns wide.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


def _as_array(
    name: str,
    value: Any,
    dims: tuple[str, ...],
    dtype: Any = float,
) -> Array:
    """An argument as an array of that dtype and rank, or an error that names it."""
    if type(value) is not np.ndarray or value.dtype != dtype:
        try:
            array = np.asarray(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name}: not an array: {error}") from None
        given = array.dtype
        if given.kind not in "bif" or not np.can_cast(given, dtype, "same_kind"):
            raise TypeError(f"{name}: expected {np.dtype(dtype)}, got {given}")
        value = array.astype(dtype, copy=False)
    if value.ndim != len(dims):
        found = f"{name} has shape {value.shape}, expected {_shown(dims)}"
        raise ValueError(f"{found}: {len(dims)} dimensions")
    return np.asarray(value)


def _as_scalar(name: str, value: Any, dtype: Any = float) -> Any:
    """An argument as a NumPy scalar of that dtype, or an error that names it."""
    if type(value) is float and dtype is float:
        return np.float64(value)
    return _as_array(name, value, (), dtype)[()]


def _shown(dims: tuple[str, ...]) -> str:
    """A shape as Python prints it."""
    return f"({', '.join(dims)},)" if len(dims) == 1 else f"({', '.join(dims)})"


def _misfit(
    name: str,
    shape: tuple[int, ...],
    sizes: tuple[int, ...],
    dims: tuple[str, ...],
    origins: tuple[str, ...],
) -> ValueError:
    """The error for an argument whose shape does not fit those of the others."""
    axis = next(i for i, size in enumerate(sizes) if size != shape[i])
    dim, origin = dims[axis], origins[axis]
    if origin == name:
        found = f"{name}: axis {axis} has size {shape[axis]}"
        return ValueError(f"{found}, which is not {dim}")
    where = f" ({dim} is {sizes[axis]}, from {origin})" if origin else ""
    found = f"{name} has shape {shape}, expected {_shown(dims)}"
    return ValueError(f"{found}: axis {axis} is {shape[axis]}, not {dim}{where}")


def _number(name: str, value: Any) -> float:
    """An argument as a Python float, or an error that names it."""
    try:
        if isinstance(value, (str, bytes)) or getattr(value, "shape", ()) != ():
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        given = type(value).__name__
        raise TypeError(f"{name}: expected a number, got {given}") from None


def _whole(name: str, value: Any) -> int:
    """An argument as a Python int, or an error that names it."""
    try:
        return int(value.__index__())
    except (AttributeError, TypeError):
        given = type(value).__name__
        raise TypeError(f"{name}: expected a whole number, got {given}") from None


def _items(name: str, value: Any, count: int) -> list[Any]:
    """The parts of a list or tuple, or an error that names it."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        given = type(value).__name__
        raise TypeError(f"{name}: expected a list or tuple of {count}, got {given}")
    if len(value) != count:
        raise ValueError(f"{name} has length {len(value)}, expected {count}")
    return list(value)


def _entries(name: str, value: Any, keys: tuple[Any, ...]) -> list[Any]:
    """The values of a dict with just these keys, or an error that names it."""
    shown = ", ".join(map(repr, keys)) or "none"
    if not isinstance(value, Mapping):
        given = type(value).__name__
        raise TypeError(f"{name}: expected a dict with the keys {shown}, got {given}")
    if set(value) != set(keys):
        found = ", ".join(map(repr, value)) or "none"
        raise ValueError(f"{name} has the keys {found}, expected {shown}")
    return [value[key] for key in keys]


def _scratch(
    workspace: dict[str, Any] | None,
    name: str,
    shape: tuple[int, ...],
    dtype: Any = float,
) -> Array:
    """An array to write to, of the workspace if there is one, made where none fits."""
    if workspace is None:
        return np.empty(shape, dtype)
    array: Array | None = workspace.get(name)
    if array is not None and array.dtype == dtype:
        if array.shape == shape:
            return array
        if array.size >= (size := math.prod(shape)):
            return array.reshape(-1)[:size].reshape(shape)
    array = workspace[name] = None  # its memory goes before the new one's comes
    array = workspace[name] = np.empty(shape, dtype)
    return array


def _choice(condition: Array, x: Any, y: Any, out: Array) -> Array:
    """np.where, into an array."""
    np.copyto(out, y)
    np.copyto(out, x, where=condition)
    return out


def _leaves(value: Any) -> list[Any]:
    """The arrays and numbers in lists, tuples and dicts, in order."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple, dict)):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    return [leaf for part in parts for leaf in _leaves(part)]


def _stored(module: str, digest: str) -> dict[str, Array]:
    """The arrays in the file beside the module, or an error that names it."""
    path = Path(module).with_suffix(".npz")
    remedy = f"{Path(module).name} and {path.name} belong together: copy both"
    remedy += ", or write the module again"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportError(f"can't read {path}: {error.strerror}; {remedy}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ImportError(f"{path} is not that of this version of the module; {remedy}")
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
