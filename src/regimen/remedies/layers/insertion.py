"""Layers that disturb what passes while training, inserted at places of the network."""

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.where import insertion_points


def insert_noise(
    plan: Plan, remedy: Remedy, class_name: str, where: str, *, on_images: bool = False, **strength: float
) -> tuple[Plan, Receipt]:
    """A Keras layer at each place of a remedy.

    Args:
        plan: to be changed.
        remedy: whose word the new layers are called by.
        class_name: of the layer.
        where: a role or a pattern.
        on_images: only where what passes has height, width and channels.
        strength: the layer's one setting; 0 changes nothing.

    Raises:
        RemedyError: there is no place.
    """
    points = insertion_points(plan.graph, where, remedy.word, on_images=on_images)
    ((setting, value),) = strength.items()
    if value == 0:
        return plan, remedy.receipt()
    graph, changes = plan.graph, []
    for key, before in points:
        insert = graph.insert_before if before else graph.insert_after
        try:
            graph = insert(key, f"keras.layers.{class_name}", remedy.word, {setting: float(value)})
        except RemedyError as error:  # a shared layer
            raise RemedyError(f"{remedy.word}: {error}") from error
        place = {"layer": graph.layer(key).name, "new": f"{class_name}({shown(value)})"}
        changes.append(say("{layer}: {new} before it", **place) if before else say("{layer}: {new} after it", **place))
    return plan.with_graph(graph), remedy.receipt(*changes)
