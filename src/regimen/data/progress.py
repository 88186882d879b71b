"""How work that takes a while is told."""

from collections.abc import Callable

# called now and then with what is done, what there is to do, and what it is, for people: "Decoding images"
Progress = Callable[[int, int, str], None]
