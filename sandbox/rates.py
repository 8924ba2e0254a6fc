"""How often one may: token buckets on monotonic time."""

import math


class Buckets:
    """One bucket a key: `rate` calls a second in the long run, `burst` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[object, tuple[float, float]] = {}

    def wait(self, key: object, now: float) -> int:
        """0 when the call may be made (it is counted), else the whole seconds to wait."""
        level, since = self._buckets.get(key, (float(self._burst), now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level >= 1:
            self._buckets[key] = (level - 1, now)
            return 0
        self._buckets[key] = (level, now)
        return max(1, math.ceil((1 - level) / self._rate))
