"""Which results can be shown without giving a single answer away."""

import numpy as np
from numpy.typing import NDArray

SMALLEST_GROUP = 5
"""Unless the protocol says otherwise."""

SMALLEST_PANEL = 3
"""Of two, each would know what the other one said."""


def panel_shown(n: int, smallest_group: int = SMALLEST_GROUP) -> bool:
    """Whether the result of the whole panel may be shown, of which `n` answered. The protocol's minimum is for groups:
    a panel that is small is still told where it stands."""
    return n >= min(SMALLEST_PANEL, smallest_group)


def shown_cells(sizes: NDArray[np.integer], smallest: int = SMALLEST_GROUP) -> NDArray[np.bool_]:
    """Which cells of (groups, items) may be shown, given how many ratings each has.

    A cell below the smallest size is hidden. Since whoever knows the total can subtract what is shown, the hidden cells
    of an item have to reach the smallest size together: where they do not, the next smallest is hidden with them.
    """
    shown: NDArray[np.bool_] = sizes >= smallest
    for item in range(sizes.shape[1]):
        hidden = int(sizes[~shown[:, item], item].sum())
        while 0 < hidden < smallest and shown[:, item].any():
            candidates = np.flatnonzero(shown[:, item])
            next_smallest = candidates[np.argmin(sizes[candidates, item])]
            shown[next_smallest, item] = False
            hidden += int(sizes[next_smallest, item])
    return shown
