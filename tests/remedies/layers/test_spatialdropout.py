import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.remedies import Dropout, SpatialDropout


def places(remedy, plan):
    graph = remedy.apply(plan)[0].graph
    added = [call for call in graph.calls if graph.layer(call.layer).class_name.endswith(("Dropout", "Dropout2D"))]
    return [call.refs()[0].call for call in added]


@pytest.mark.parametrize("plan", ["sequential", "functional", "nested", "residual", "mobilenet"], indirect=True)
@pytest.mark.parametrize("where", ["blocks", "head", "input"])
def test_places_are_those_of_dropout(plan, where):
    assert places(SpatialDropout(0.3, where), plan) == places(Dropout(0.3, where), plan)


def test_whole_channels_are_dropped(make_plan):
    plan = make_plan(layers.MaxPooling2D(name="p"), layers.Flatten(), layers.Dense(2))
    graph = SpatialDropout(0.5).apply(plan)[0].graph
    assert graph.layer("p_spatialdropout").kind == "keras.layers.SpatialDropout2D"
    dropout = graph.to_keras().get_layer("p_spatialdropout")
    dropped = dropout(np.ones((20, 4, 4, 2), dtype="float32"), training=True).detach().numpy()
    channels = dropped.reshape(20, 16, 2)
    assert (channels == channels[:, :1]).all()
    assert set(channels.ravel()) == {0, 2}


@pytest.mark.parametrize("plan", ["sequential"], indirect=True)
@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            "dense",
            r"where=dense has no place.*no height, width and channels. Use where=input or where=blocks or",
        ),
        ("hidden", r"where=hidden matches no layer.*These it could: block1_conv1, .*, block2_pool\.$"),
    ],
)
def test_no_place_after_flatten(plan, where, message):
    for rate in (0.2, 0):
        with pytest.raises(RemedyError, match=f"spatialdropout: {message}"):
            SpatialDropout(rate, where).apply(plan)


@pytest.mark.parametrize("rate", [-0.1, 1, float("nan"), "0.2", True])
def test_rates_out_of_range(rate):
    with pytest.raises(RemedyError, match="spatialdropout: rate must be a number, at least 0 and below 1; received"):
        SpatialDropout(rate)
