"""Models in ONNX, trained here on flows of the captures of the tests."""

import math
import pickle
import sys
from pathlib import Path

import numpy
import pandas
import polars
import pytest

from nfstream import NFModel, NFPlugin, NFStreamer

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")
RandomForestClassifier = pytest.importorskip("sklearn.ensemble").RandomForestClassifier

COLUMNS = ["dst_port", "bidirectional_mean_ps", "splt_ps", "src2dst_packets", "bidirectional_duration_ms"]
PARAMETERS = {"statistical_analysis": True, "splt_analysis": 4}


@pytest.fixture(scope="module")
def flows(testdata: Path) -> pandas.DataFrame:
    captures = sorted(path for path in testdata.glob("*.pcap"))
    frame = NFStreamer(captures, **PARAMETERS).to_pandas()
    assert len(frame) > 200
    return frame


@pytest.fixture(scope="module")
def forest(flows: pandas.DataFrame) -> RandomForestClassifier:
    rows = NFModel.matrix(flows, COLUMNS)
    return RandomForestClassifier(20, max_depth=12, random_state=1).fit(rows, flows["protocol"].map(str) + "/ip")


def converted(forest: RandomForestClassifier, features: int, **options: object) -> onnx.ModelProto:
    row = numpy.zeros((1, features), dtype="float32")
    return skl2onnx.to_onnx(forest, row, options=options or {"zipmap": False})


def saved(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="module")
def path(forest: RandomForestClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = NFModel.record(converted(forest, 8), COLUMNS)
    return saved(model, tmp_path_factory.mktemp("models") / "forest.onnx")


def test_predictions_are_those_of_scikit_learn_everywhere(
    path: Path, forest: RandomForestClassifier, flows: pandas.DataFrame, testdata: Path, tmp_path: Path
) -> None:
    captures = sorted(path for path in testdata.glob("*.pcap"))
    streamer = NFStreamer(captures, **PARAMETERS, model=NFModel(path))
    frame = streamer.to_pandas()
    rows = NFModel.matrix(flows, COLUMNS)
    assert list(frame.columns) == [*flows.columns, "prediction", "prediction_probability"]
    assert frame[flows.columns].equals(flows)
    assert list(frame["prediction"]) == list(forest.predict(rows))
    numpy.testing.assert_allclose(frame["prediction_probability"], forest.predict_proba(rows).max(axis=1), atol=1e-5)
    assert frame["prediction"].nunique() > 3

    expected = list(zip(frame["prediction"], frame["prediction_probability"]))
    read = lambda frame: list(zip(frame["prediction"], frame["prediction_probability"]))  # noqa: E731
    assert [(flow.prediction, flow.prediction_probability) for flow in streamer] == expected
    assert streamer.to_parquet(tmp_path / "flows.parquet") == len(frame)
    assert read(polars.read_parquet(tmp_path / "flows.parquet")) == expected
    streamer.to_csv(tmp_path / "flows.csv", flows_per_file=200)
    assert read(pandas.concat([pandas.read_csv(tmp_path / f"flows.{number}.csv") for number in (0, 1)])) == expected
    for n_meters, threads in (1, 1), (3, 2), (1, 4):
        streamer.n_meters, streamer.model = n_meters, NFModel(path, threads=threads)
        assert read(pickle.loads(pickle.dumps(streamer)).to_polars()) == expected
    hidden = streamer.to_polars(columns_to_anonymize=["dst_port", "prediction"])
    assert list(hidden["prediction_probability"]) == [probability for _, probability in expected]
    assert {len(label) for label in hidden["prediction"]} == {128}


@pytest.mark.parametrize("n_meters", [1, 3])
def test_a_decision_after_the_first_packets(n_meters: int, forest: object, testdata: Path, tmp_path: Path) -> None:
    """The model is asked with what plugins see at that packet."""
    columns = ["bidirectional_packets", "bidirectional_stddev_ps", "splt_ps", "bidirectional_duration_ms", "src2dst_bytes"]

    class Early(NFPlugin):
        def on_init(self, packet, flow):
            self.on_update(packet, flow)

        def on_update(self, packet, flow):
            if flow.bidirectional_packets <= self.packets:
                flow.udps.early = [getattr(flow, name) for name in columns]

    captures = sorted(path for path in testdata.glob("*.pcap"))
    for packets in (1, 3):
        seen = [
            flow.udps.early for flow in NFStreamer(captures, **PARAMETERS, udps=Early(packets=packets), n_meters=n_meters)
        ]
        assert len({row[0] for row in seen}) == packets
        rows = NFModel.matrix(dict(zip(columns, zip(*seen))), columns)
        names = [("large", "small")[row[-1] < 200] for row in seen]
        early = RandomForestClassifier(5, random_state=1).fit(rows, names)
        model = NFModel.record(converted(early, 8), columns, after=packets)
        streamer = NFStreamer(captures, **PARAMETERS, n_meters=n_meters)
        streamer.model = NFModel(saved(model, tmp_path / "early.onnx"), name="size")
        assert streamer.model.after == packets
        expected = [str(label) for label in early.predict(rows)]
        assert list(streamer.to_pandas()["size"]) == expected
        streamer.udps = NFPlugin()
        assert [flow.size for flow in streamer] == expected
        with pytest.raises(ValueError, match=f"after is 7, but the model was trained on the first {packets} packets of flows"):
            NFModel(tmp_path / "early.onnx", after=7)


def test_plugins_see_predictions_when_flows_end(path: Path, web: str) -> None:
    class Seen(NFPlugin):
        def on_init(self, packet, flow):
            flow.udps.before = flow.prediction

        def on_expire(self, flow):
            flow.udps.seen = flow.prediction, flow.prediction_probability

    streamer = NFStreamer(web, **PARAMETERS, model=NFModel(path))
    expected = [(flow.prediction, flow.prediction_probability) for flow in streamer]
    streamer.udps = Seen()
    assert [flow.udps.seen for flow in streamer] == expected
    assert {flow.udps.before for flow in streamer} == {""}


def test_models_of_other_forms(forest: object, flows: pandas.DataFrame, web: str, tmp_path: Path) -> None:
    columns = ["bidirectional_packets", "bidirectional_bytes"]
    rows, is_large = NFModel.matrix(flows, columns), (flows["bidirectional_bytes"] > 1000).astype(int)
    large = RandomForestClassifier(5, random_state=1).fit(rows, is_large)
    web_rows = NFModel.matrix(NFStreamer(web).to_pandas(), columns)
    numbers, probabilities = large.predict(web_rows), large.predict_proba(web_rows).max(axis=1)

    def predicted(model: onnx.ModelProto, **arguments: object) -> tuple[list[object], list[float]]:
        streamer = NFStreamer(web, model=NFModel(saved(model, tmp_path / "large.onnx"), columns, **arguments))
        frame = streamer.to_pandas()
        return list(frame["prediction"]), list(frame["prediction_probability"])

    integers = predicted(converted(large, 2))
    assert integers == (list(numbers), pytest.approx(list(probabilities)))
    dictionaries = predicted(converted(large, 2, zipmap=True))
    assert dictionaries == integers
    named = predicted(converted(large, 2), labels=["small", "large"])
    assert named == ([["small", "large"][number] for number in numbers], integers[1])

    only_label, only_scores = converted(large, 2), converted(large, 2)
    del only_label.graph.output[1:]
    del only_scores.graph.output[:1]
    labels, missing = predicted(only_label)
    assert labels == integers[0] and all(math.isnan(number) for number in missing)
    assert predicted(only_scores) == integers

    from skl2onnx.common.data_types import FloatTensorType

    frame = pandas.DataFrame(rows, columns=columns)
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(make_column_transformer(("passthrough", columns)), large.__class__(5, random_state=1))
    types = [(name, FloatTensorType([None, 1])) for name in columns]
    by_name = skl2onnx.to_onnx(pipeline.fit(frame, is_large), initial_types=types, options={"zipmap": False})
    assert predicted(by_name)[0] == integers[0]


def test_columns_are_those_of_the_training(path: Path, forest: object, web: str, tmp_path: Path) -> None:
    def message(*arguments: object, **parameters: object) -> str:
        with pytest.raises(ValueError) as told:
            list(NFStreamer(web, **{**PARAMETERS, **parameters}, model=NFModel(*arguments)))
        return str(told.value)

    assert NFModel(path).columns == NFModel(path, COLUMNS).columns == COLUMNS
    assert message(path, COLUMNS[::-1]) == (
        f"columns are in a different order: the model was trained on {COLUMNS!r}, but they are {COLUMNS[::-1]!r}"
    )
    assert message(path, COLUMNS[1:]) == "the model was trained on dst_port, which columns lack"
    assert message(path, [*COLUMNS, "vlan_id"]).startswith("columns have vlan_id, but the model was trained on")
    assert message(path, None, 5) == "after is 5, but the model was trained on whole flows"
    assert message(path, statistical_analysis=False) == (
        "no column is called bidirectional_mean_ps: statistical_analysis=True (--statistical-analysis) adds it"
    )
    assert "was trained on 8 features, but columns=" in message(path, splt_analysis=5)

    flows = iter(NFStreamer(web, statistical_analysis=True, splt_analysis=5, model=NFModel(path)))
    with pytest.raises(ValueError, match="was trained on 8 features"):
        next(flows)
    assert list(flows) == []

    silent = saved(converted(forest, 8), tmp_path / "silent.onnx")
    assert message(silent) == "columns must name the columns that the model was trained on: the model does not record them"
    assert message(silent, []) == "columns must be names of columns, not []"
    assert "was trained on 8 features, but columns=['dst_port'] have 1" in message(silent, ["dst_port"])
    assert message(silent, ["src_ip"] * 8) == "src_ip is text, but a model takes numbers"
    assert message(silent, ["prediction"] * 8) == "no column is called prediction"
    late = "application_confidence is known only at the end of a flow, not after its first packets"
    assert message(silent, ["application_confidence"] * 8, 3) == late
    assert message(silent, COLUMNS, 0) == "after must be a number of packets, 1 or more, or None, not 0"
    (tmp_path / "text.onnx").write_text("no model")
    assert message(tmp_path / "text.onnx", COLUMNS).startswith(f"{tmp_path}/text.onnx cannot be loaded as an ONNX model: ")
    with pytest.raises(FileNotFoundError, match="none.onnx"):
        NFModel("none.onnx")
    with pytest.raises(ValueError, match="two columns are called dst_port"):
        NFStreamer(web, model=NFModel(path, name="dst_port"), **PARAMETERS).to_csv(tmp_path / "flows.csv")


def test_a_missing_package_is_asked_for_by_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModuleNotFoundError, match=r"onnxruntime is not installed: .*pip install 'nfstream-rs\[onnx\]'"):
        NFModel(path)
