"""Published worked examples: figures only, with where they were published."""

from typing import Final

# Definitions of agreement and disagreement by panel size: doi 10.1186/1472-6947-12-93, table 7.
RAM_PANEL_SIZES: Final = (8, 9, 10, 11, 12, 13, 14, 15, 16)
RAM_OUTSIDE_FOR_AGREEMENT: Final = (2, 2, 2, 3, 3, 3, 4, 4, 4)
RAM_IN_EACH_EXTREME_FOR_DISAGREEMENT: Final = (3, 3, 3, 4, 4, 4, 5, 5, 5)

# Anxiety ratings of 20 persons by 3 raters on 1-6: the data of R's irr and DescTools.
ANXIETY: Final = (
    (3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3),
    (3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4),
    (2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2),
)

# Krippendorff, Computing alpha-reliability: 12 units by 4 observers on 1-5, 0 for no rating.
FOUR_OBSERVERS: Final = (
    (1, 1, 0, 1),
    (2, 2, 3, 2),
    (3, 3, 3, 3),
    (3, 3, 3, 3),
    (2, 2, 2, 2),
    (1, 2, 3, 4),
    (4, 4, 4, 4),
    (1, 1, 2, 1),
    (2, 2, 2, 2),
    (0, 5, 5, 5),
    (0, 0, 1, 1),
    (0, 0, 3, 0),
)

# Four items by six experts on 1-4, where nobody used 1: coefficients as irrCAC gives them.
SIX_EXPERTS: Final = ((4, 4, 4, 4, 4, 4), (4, 4, 4, 3, 4, 4), (4, 3, 4, 4, 3, 4), (3, 3, 4, 3, 2, 3))

# Ten subjects by fourteen raters in five categories: Fleiss (1971) and many textbooks since; kappa 0.210.
FOURTEEN_RATERS: Final = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)

# van der Eijk (2001) and the vignette of R's agrmt: frequencies on seven points, their layers as (agreement, share).
SEVEN_POINTS: Final = (30, 40, 210, 130, 530, 50, 10)
SEVEN_POINTS_LAYERS: Final = (
    (0, 0.07),
    (0.167, 0.12),
    (0.333, 0.05),
    (0.5, 0.04),
    (0.667, 0.24),
    (0.467, 0.16),
    (1, 0.32),
)

# COMET's 70/15, its edges: low, mid, high, and the verdict.
COMET_EDGES: Final = (
    (14, 16, 70, "in"),
    (15, 15, 70, "none"),
    (0, 301, 699, "none"),
    (70, 16, 14, "out"),
    (1, 2, 7, "in"),
)

# Scheibe, Skutsch & Schofer's rule on constructed histograms: before, after, net changes of persons, per cent.
NET_CHANGES: Final = (
    ((0, 2, 5, 12, 6), (0, 1, 4, 15, 5), 3, 12.0),
    ((0, 4, 6, 9, 6), (0, 1, 3, 16, 5), 7, 28.0),
)

# Quartiles of one to nine, nine twice, by type.
QUARTILES: Final = {7: (3.25, 7.75), 6: (2.75, 8.25), 2: (3, 8)}
