"""What a search may spend: a number of runs, or seconds of training."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regimen.analysis import RunOutcome
from regimen.errors import OptionError

_UNITS = {"": 1.0, "run": 1.0, "runs": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """What a search may spend, its confirmation included.

    Spending is read from the runs, whenever they were trained: a search that is started again counts as it did.

    Attributes:
        amount: runs, or seconds of training summed over all runs; infinite without a limit.
        timed: whether it counts seconds.
    """

    amount: float = math.inf
    timed: bool = False

    @classmethod
    def read(cls, written: "str | int | None") -> "Budget":
        """Reads ``60`` or ``60 runs``, ``30 min`` or ``2 h``; None has no limit.

        Raises:
            OptionError: anything else.
        """
        if written is None:
            return cls()
        found = re.fullmatch(r"(\d+(?:\.\d+)?) *(runs?|min|h)?", str(written).strip())
        number, unit = (float(found[1]), found[2] or "") if found else (0.0, "")
        timed = unit in ("min", "h")
        if number <= 0 or isinstance(written, bool) or not (timed or number.is_integer()):
            raise OptionError(
                "budget must be a number of runs, such as 60, or of training time, such as 30min or 2h; "
                f"received {written!r}."
            )
        return cls(number * _UNITS[unit], timed)

    def spent(self, runs: Iterable[RunOutcome]) -> float:
        """What these runs cost."""
        return sum(run.wall_seconds if self.timed else 1.0 for run in runs)

    def room(self, arms: Sequence[Sequence[RunOutcome]], reserved: int) -> float:
        """How many more runs it allows.

        A run yet to be trained is taken to cost as much as those of the dearest arm do on average.

        Args:
            arms: the runs so far, arm by arm; at least one run where seconds are counted.
            reserved: runs for which there must be room besides.

        Returns:
            A whole number, below 0 where not even the reserved runs fit; or infinity.
        """
        if self.amount == math.inf:
            return math.inf
        each = max((self.spent(runs) / len(runs) for runs in arms if runs), default=1.0) or 1.0
        left = self.amount - sum(map(self.spent, arms))
        return math.floor(left / each + 1e-9) - reserved
