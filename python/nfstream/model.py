"""Models: trained classifiers that label each flow."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy
    from onnx import ModelProto

    from nfstream.sources import _Path

#: Keys of an ONNX model's metadata under which ``NFModel.record`` writes the data that the model was trained on.
COLUMNS_KEY = "nfstream.columns"
AFTER_KEY = "nfstream.after"
LABELS_KEY = "nfstream.labels"

#: Number of rows of a batch from which another thread is worthwhile.
LEAST_ROWS = 64

#: ONNX element types of inputs that can take flows.
INPUT_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
}

#: ONNX types of an output with the label.
LABEL_TYPES = ("tensor(string)", "tensor(int64)", "tensor(int32)")

#: The types among them, and among dictionaries, whose labels are text.
TEXT_LABEL_TYPES = ("tensor(string)", "seq(map(string,tensor(float)))")

#: ONNX types of an output with the probability of each label: a matrix, or (ZipMap) a dictionary for each flow.
SCORE_TYPES = ("tensor(float)", "tensor(double)")


class NFModel:
    """A classifier in ONNX, which gives each flow a label and its probability.

    Given to an ``NFStreamer`` as ``model``, it adds two columns after all others: ``prediction``, the label, and
    ``prediction_probability``. Every export and every flow of the iteration has them. ONNX Runtime evaluates the model on batches
    of flows, while the engine continues to read.

    Parameters
    ----------
    path : str or os.PathLike
        The model, an ``.onnx`` file.
    columns : sequence of str, optional
        The columns that the model was trained on, in that order: numbers, or the lists of ``splt_analysis``, of which each
        element counts. They may be left out if the model itself records them (``record``).
    after : int, optional
        Decide by the values after this many packets of a flow, including that packet; for a flow that ends earlier, by all its
        packets. The default is the whole flow.
    labels : sequence of str, optional
        Names of the labels that the model has numbers for, from 0.
    name : str
        Name of the column with the label; the other column has this name with ``_probability`` after it.
    threads : int
        Number of threads that share a batch of flows, besides those of the engine; 0 means one for each core. Labels and
        probabilities do not depend on it.

    Raises
    ------
    ModuleNotFoundError
        When onnxruntime is not installed: ``pip install 'nfstream-rs[onnx]'``.
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is not a usable model, and when ``columns`` or ``after`` differ from those that it was trained with, if it records
        them.

    Notes
    -----
    The label is text, or an integer if it is one in the model and there are no ``labels``. The probability is the highest that the
    model gives any label, or ``nan`` if it gives none. If a model has only probabilities, the label is the one with the highest;
    a single number is the probability of label 1.

    A model has either one input, with a feature in each place of a row, or an input for each column, with its name. With
    ``after``, columns that are known only at the end cannot be used: those of layer 7.

    In a run with plugins the two columns have their values in ``on_expire``.

    Examples
    --------
    Training, and a record of it in the model:

    >>> import numpy
    >>> from skl2onnx import to_onnx  # doctest: +SKIP
    >>> columns = ["dst_port", "bidirectional_mean_ps", "splt_ps"]
    >>> rows = NFModel.matrix(frame, columns)  # doctest: +SKIP
    >>> forest = RandomForestClassifier().fit(rows, frame["application_name"])  # doctest: +SKIP
    >>> onnx = NFModel.record(to_onnx(forest, rows[:1], options={"zipmap": False}), columns)  # doctest: +SKIP
    >>> Path("forest.onnx").write_bytes(onnx.SerializeToString())  # doctest: +SKIP

    Use:

    >>> streamer = NFStreamer("web.pcap", splt_analysis=5, model=NFModel("forest.onnx"))  # doctest: +SKIP
    >>> streamer.to_csv("flows.csv")  # doctest: +SKIP
    12
    """

    def __init__(
        self,
        path: _Path,
        columns: Sequence[str] | None = None,
        after: int | None = None,
        *,
        labels: Sequence[str] | None = None,
        name: str = "prediction",
        threads: int = 0,
    ) -> None:
        self.path = os.fspath(path)
        if not os.path.exists(self.path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.path)
        if not isinstance(name, str) or not name:
            raise ValueError(f"name must be the name of a column, not {name!r}")
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 1):
            raise ValueError(f"after must be a number of packets, 1 or more, or None, not {after!r}")
        if not isinstance(threads, int) or isinstance(threads, bool) or threads < 0:
            raise ValueError(f"threads must be a whole number, 0 or more, not {threads!r}")
        self.name = name
        self.threads = threads
        self._session = _session(self.path)
        recorded = self._session.get_modelmeta().custom_metadata_map
        self.columns = _columns(columns, recorded)
        self.after = _after(after, recorded)
        given = _told(recorded, LABELS_KEY) if labels is None else labels
        self.labels = None if given is None else list(given)
        self._read_inputs()
        self._read_outputs()

    @staticmethod
    def matrix(flows: Mapping[str, Any], columns: Sequence[str]) -> numpy.ndarray:
        """A matrix to train a model on: a row for each flow, a place for each number of its columns.

        Parameters
        ----------
        flows : pandas.DataFrame, polars.DataFrame, or a mapping from names to columns
            The flows, as ``NFStreamer.to_pandas`` and others give them.
        columns : sequence of str
            The columns, in order. A list has a place for each of its elements, also if it is text.

        Returns
        -------
        numpy.ndarray
            Of type ``float32``, in two dimensions.

        Examples
        --------
        >>> NFModel.matrix({"dst_port": [443, 53], "splt_ps": [[60, 52], [75, -1]]}, ["splt_ps", "dst_port"])
        array([[ 60.,  52., 443.],
               [ 75.,  -1.,  53.]], dtype=float32)
        """
        import json

        import numpy

        def number(value: Any) -> Any:
            return json.loads(value) if isinstance(value, str) and value.startswith("[") else value

        parts = [numpy.array(list(map(number, flows[name])), dtype="float32") for name in columns]
        return numpy.column_stack(parts)

    @staticmethod
    def record(
        model: ModelProto, columns: Sequence[str], after: int | None = None, labels: Sequence[str] | None = None
    ) -> ModelProto:
        """Record in a model what it was trained on, so that ``NFModel`` can check it.

        Parameters
        ----------
        model : onnx.ModelProto
            The model, for example from ``skl2onnx.to_onnx``. It is changed.
        columns : sequence of str
            The columns, in the order of training.
        after : int, optional
            Number of packets of a flow after which the values were taken.
        labels : sequence of str, optional
            Names of the labels that the model has numbers for, from 0.

        Returns
        -------
        onnx.ModelProto
            The model.
        """
        import json

        told = {COLUMNS_KEY: list(columns), AFTER_KEY: after, LABELS_KEY: None if labels is None else list(labels)}
        kept = [(entry.key, entry.value) for entry in model.metadata_props if entry.key not in told]
        del model.metadata_props[:]
        for key, value in kept + [(key, json.dumps(value)) for key, value in told.items() if value is not None]:
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
        return model

    def __repr__(self) -> str:
        return f"NFModel({self.path!r}, columns={self.columns!r}, after={self.after!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("path", "columns", "after", "labels", "name", "threads")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        NFModel.__init__(self, **state)

    def _read_inputs(self) -> None:
        inputs = self._session.get_inputs()
        for put in inputs:
            if put.type not in INPUT_TYPES:
                raise ValueError(f"{self.path}: input {put.name!r} is a {put.type}; flows are given as numbers")
        self._inputs = [(put.name, INPUT_TYPES[put.type]) for put in inputs]
        if len(inputs) > 1:
            _same_columns(self.columns, [put.name for put in inputs], f"{self.path} has inputs for", ordered=False)
            self._inputs.sort(key=lambda put: self.columns.index(put[0]))
            self._width: int | None = len(inputs)
            return
        shape = inputs[0].shape
        self._width = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
        if self._width is not None and self._width < len(self.columns):
            raise ValueError(self._misfit(len(self.columns)))

    def _misfit(self, features: int) -> str:
        return f"{self.path} was trained on {self._width} features, but columns={self.columns!r} have {features}"

    def _read_outputs(self) -> None:
        outputs = self._session.get_outputs()
        labels = [out for out in outputs if out.type in LABEL_TYPES]
        scores = [out for out in outputs if out.type in SCORE_TYPES or out.type.startswith("seq(map(")]
        if not labels and not scores:
            types = ", ".join(out.type for out in outputs)
            raise ValueError(f"{self.path} is not a classifier: it gives neither labels nor probabilities, but {types}")
        self._outputs = [out[0].name for out in (labels, scores) if out]
        self._has_labels, self._has_scores = bool(labels), bool(scores)
        is_text = (labels or scores)[0].type in TEXT_LABEL_TYPES
        if is_text and self.labels is not None:
            raise ValueError(f"{self.path} has names for its labels: labels must be None, not {self.labels!r}")
        #: Whether labels are text; the engine reads this.
        self.label_is_text = is_text or self.labels is not None

    def answer(self, rows: bytes, count: int) -> tuple[list[Any], list[float]]:
        """Label and probability of each of some flows. The engine calls this.

        Parameters
        ----------
        rows : bytes
            The features of one flow after those of the other, as 64-bit floating point numbers.
        count : int
            Number of flows.

        Returns
        -------
        tuple of list and list of float
            The labels and their probabilities.
        """
        import numpy

        features = numpy.frombuffer(rows, dtype="float64").reshape(count, -1)
        width = features.shape[1]
        if self._width is not None and self._width != width:
            raise ValueError(self._misfit(width))
        parts = min(self.threads or os.cpu_count() or 1, count // LEAST_ROWS)
        if parts < 2:
            return self._ask(features)
        # Here because most runs have no model.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(parts) as pool:
            answers = list(pool.map(self._ask, numpy.array_split(features, parts)))
        return [label for labels, _ in answers for label in labels], [number for _, numbers in answers for number in numbers]

    def _ask(self, features: numpy.ndarray) -> tuple[list[Any], list[float]]:
        """Label and probability for each row."""
        import numpy

        count = len(features)
        if len(self._inputs) == 1:
            ((name, kind),) = self._inputs
            given = {name: features.astype(kind)}
        else:
            given = {name: features[:, [at]].astype(kind) for at, (name, kind) in enumerate(self._inputs)}
        answers = self._session.run(self._outputs, given)
        labels = numpy.asarray(answers[0]).reshape(count).tolist() if self._has_labels else []
        if not self._has_scores:
            return self._named(labels), [float("nan")] * count
        scores = answers[-1]
        if isinstance(scores, list):
            labels = labels or [max(row, key=row.get) for row in scores]
            return self._named(labels), [max(row.values()) for row in scores]
        scores = scores.reshape(count, -1).astype("float64")
        if not labels and scores.shape[1] == 1:
            scores = numpy.hstack([1 - scores, scores])
        return self._named(labels or scores.argmax(axis=1).tolist()), scores.max(axis=1).tolist()

    def _named(self, labels: list[Any]) -> list[Any]:
        if self.labels is None:
            return labels
        if not all(0 <= label < len(self.labels) for label in labels):
            raise ValueError(f"{self.path} gave a label that is not one of the {len(self.labels)} in labels")
        return [self.labels[label] for label in labels]


def _session(path: str) -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped, unused-ignore]
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        message = "onnxruntime is not installed: install it with pip install 'nfstream-rs[onnx]'"
        raise ModuleNotFoundError(message, name="onnxruntime") from None
    try:
        options = onnxruntime.SessionOptions()
        # With its own threads, it would add numbers in a different order for each size of a batch, and so give different last digits.
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ValueError(f"{path} cannot be loaded as an ONNX model: {error}") from error


def _told(recorded: dict[str, str], key: str) -> Any:
    """A value that ``NFModel.record`` has written."""
    import json

    return json.loads(recorded[key]) if key in recorded else None


def _columns(columns: Sequence[str] | None, recorded: dict[str, str]) -> list[str]:
    """The columns; by default those that the model itself records."""
    trained = _told(recorded, COLUMNS_KEY)
    if columns is None:
        if trained is None:
            raise ValueError("columns must name the columns that the model was trained on: the model does not record them")
        return list(trained)
    listed = [columns] if isinstance(columns, str) else list(columns)
    if not listed or not all(isinstance(name, str) for name in listed):
        raise ValueError(f"columns must be names of columns, not {columns!r}")
    if trained is not None:
        _same_columns(listed, trained, "the model was trained on")
    return listed


def _same_columns(columns: list[str], trained: list[str], whose: str, ordered: bool = True) -> None:
    missing = [name for name in trained if name not in columns]
    if missing:
        raise ValueError(f"{whose} {', '.join(missing)}, which columns lack")
    more = [name for name in columns if name not in trained]
    if more:
        raise ValueError(f"columns have {', '.join(more)}, but {whose} {', '.join(trained)}")
    if ordered and columns != trained:
        raise ValueError(f"columns are in a different order: {whose} {trained!r}, but they are {columns!r}")


def _after(after: int | None, recorded: dict[str, str]) -> int | None:
    trained = _told(recorded, AFTER_KEY)
    if after is not None and COLUMNS_KEY in recorded and after != trained:
        by = "whole flows" if trained is None else f"the first {trained} packets of flows"
        raise ValueError(f"after is {after}, but the model was trained on {by}")
    return trained if after is None else after
