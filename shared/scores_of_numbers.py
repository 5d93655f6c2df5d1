"""Scores of answers that are numbers, for many draws at once, as the bootstrap wants them."""

import numpy as np


def pearson(truth: np.ndarray, answer: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return Pearson's r along an axis; 0 where truth or answer does not vary."""
    constant = (np.ptp(truth, axis) == 0) | (np.ptp(answer, axis) == 0)
    x, z = (a - a.mean(axis, keepdims=True) for a in (truth, answer))
    scale = np.sqrt((x**2).sum(axis) * (z**2).sum(axis))
    return np.where(constant, 0.0, (x * z).sum(axis) / np.where(constant, 1.0, scale))


def mae(truth: np.ndarray, answer: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the mean absolute error along an axis."""
    return np.abs(truth - answer).mean(axis)


def rmse(truth: np.ndarray, answer: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the root of the mean squared error along an axis."""
    return np.sqrt(((truth - answer) ** 2).mean(axis))
