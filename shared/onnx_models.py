"""Classifiers as ONNX files: written, rounded to fewer bits, and run, for notebook 08."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from onnxruntime.quantization import quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import timing

OPSET = [onnx.helper.make_opsetid("", 18)]


@contextmanager
def _silent() -> Iterator[None]:
    """Silence warnings of exporter and quantizer about themselves: results are checked."""
    loud = [logging.getLogger(name) for name in ("torch.onnx", "onnxruntime.quantization")]
    levels = [logger.level for logger in loud]
    logging.disable(logging.WARNING)
    for logger in loud:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
        for logger, level in zip(loud, levels, strict=True):
            logger.setLevel(level)


def export(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, path: Path) -> Path:
    """Write a classifier as an ONNX file, with the numbers of texts and of tokens left open."""
    pair = ["one text", "another, longer text"]
    example = dict(tokenizer(pair, padding=True, return_tensors="pt"))
    with _silent():
        torch.onnx.export(
            model, kwargs=example, f=path, dynamo=True, input_names=list(example),
            dynamic_shapes={field: {0: "batch", 1: "sequence"} for field in example},
            output_names=["logits"], external_data=False, verbose=False,
        )  # fmt: skip
    return path


def to_8_bits(source: Path | onnx.ModelProto, path: Path, **options: bool) -> Path:
    """Write a copy whose weights are integers of 8 bits (`onnxruntime.quantize_dynamic`)."""
    with _silent():
        quantize_dynamic(source, path, **options)
    return path


def to_4_bits(source: Path, path: Path, group: int = 32) -> Path:
    """Write a copy whose matrices and embeddings have 4 bits, in groups with scale and minimum.

    Products compute with integers of 8 bits (`accuracy_level=4`), as inputs are rounded too.
    """
    with _silent():
        quantizer = MatMulNBitsQuantizer(
            onnx.load(source), block_size=group, is_symmetric=False, accuracy_level=4,
            op_types_to_quantize=("MatMul", "Gather"),
        )  # fmt: skip
        quantizer.process()
        quantizer.model.save_model_to_file(str(path))
    return path


def session(file: Path, arena: bool = False) -> onnxruntime.InferenceSession:
    """Return a session on the CPU with as many threads as PyTorch has, which do not spin.

    Args:
        file: An ONNX file.
        arena: Whether it keeps the memory of its largest batch between calls.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.enable_cpu_mem_arena = arena
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting is free
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def logits_of(
    running: onnxruntime.InferenceSession, batch: Mapping[str, torch.Tensor]
) -> np.ndarray:
    """Return the logits of a batch, (texts, classes)."""
    names = [entry.name for entry in running.get_inputs()]
    return running.run(None, {name: batch[name].numpy() for name in names})[0]


def one_product(weight: np.ndarray) -> onnx.ModelProto:
    """Return a graph that multiplies its input, (n, k), by a weight, (k, columns)."""
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    kinds = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["n", k])
             for n, k in (("x", weight.shape[0]), ("y", weight.shape[1]))]  # fmt: skip
    graph = onnx.helper.make_graph(
        [node], "one product", kinds[:1], kinds[1:], [onnx.numpy_helper.from_array(weight, "w")]
    )
    return onnx.helper.make_model(graph, opset_imports=OPSET, ir_version=9)


def saved(model: onnx.ModelProto, path: Path) -> Path:
    """Write a graph to a file, and return its path."""
    onnx.save(model, path)
    return path


def run_product(file: Path, x: np.ndarray) -> np.ndarray:
    """Run a file made from `one_product` once."""
    return session(file).run(None, {"x": x})[0]


def product_times(
    weight: torch.Tensor, rows: tuple[int, ...], path: Path, rounds: int = 30
) -> pd.DataFrame:
    """Return the median milliseconds of one layer's product in both engines, taken in turn.

    Args:
        weight: Of a linear layer, (columns, k), as PyTorch keeps it.
        rows: Of the inputs; each number gives a row of the table.
        path: Of the file that is written.
        rounds: How often; the first is not counted.
    """
    running = session(saved(one_product(weight.T.contiguous().numpy()), path))
    found = {}
    for n in rows:
        x = torch.randn(n, weight.shape[1], generator=torch.Generator().manual_seed(0))
        calls = {
            "PyTorch": lambda x=x: F.linear(x, weight),
            "ONNX Runtime": lambda x=x: running.run(None, {"x": x.numpy()})[0],
        }
        with torch.inference_mode():
            np.testing.assert_allclose(calls["ONNX Runtime"](), calls["PyTorch"](), atol=1e-3)
            found[n] = timing.in_turn(calls, rounds).median()
    return pd.DataFrame(found).T.rename_axis("rows")


def integer_product(top: int, folder: Path, size: int = 64) -> np.ndarray:
    """Return what the processor sums for inputs of 255 and weights of `top`: (size, size)."""
    node = onnx.helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.UINT8, [size, size])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.INT32, [size, size])
    weight = onnx.numpy_helper.from_array(np.full((size, size), top, dtype=np.int8), "w")
    graph = onnx.helper.make_graph([node], "integers", [x], [y], [weight])
    onnx.save(onnx.helper.make_model(graph, opset_imports=OPSET, ir_version=9), folder / "i.onnx")
    return run_product(folder / "i.onnx", np.full((size, size), 255, dtype=np.uint8))


def packed(file: Path) -> dict[str, np.ndarray]:
    """Return the parts of the first matrix of 4 bits in a file: bytes, scales, zero points."""
    model = onnx.load(file)
    held = {i.name: i for i in model.graph.initializer}
    node = next(n for n in model.graph.node if n.op_type == "MatMulNBits")
    arrays = [onnx.numpy_helper.to_array(held[name]) for name in node.input[1:4]]
    return dict(zip(("bytes", "scales", "zeros"), arrays, strict=True))
