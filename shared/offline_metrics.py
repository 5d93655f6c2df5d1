"""The metrics of `shared.metrics` with the interface of the library `evaluate`, without network."""

import evaluate
from datasets import Features, Value

from shared import metrics


class Offline(evaluate.Metric):
    """A metric by its name in `shared.metrics`; `evaluate.load` would download its code."""

    def _info(self) -> evaluate.MetricInfo:
        kind = Value("int64")
        features = Features({"predictions": kind, "references": kind})
        return evaluate.MetricInfo(description=self.config_name, citation="", features=features)

    def _compute(self, predictions: list[int], references: list[int]) -> dict[str, float]:
        return {self.config_name: metrics.compute(self.config_name, references, predictions)}


def together(*names: str) -> evaluate.CombinedEvaluations:
    """Return several metrics that are computed in one call."""
    return evaluate.combine([Offline(config_name=name, keep_in_memory=True) for name in names])
