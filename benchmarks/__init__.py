"""Speed and size, measured against ``fio`` on the same device in the same run.

``python -m benchmarks`` (or ``make bench``) runs ``pytest benchmarks`` and prints one table. Root
is needed for the loop drive, which stands on memory so that software is the limit.

How a row comes about: pytest-benchmark times our side; before each of its rounds ``fio`` does the
same amount of the same work on the same drive with both of its engines, so that drift of the
machine hits both alike. The engine with the better median over the run is the one compared with.
One round gives one ratio; a row shows their median and its distribution-free interval
(``ratios``). Nothing here judges the figures: they stand beside the design's targets.

A missing or failing ``fio`` is a failed benchmark, never a skipped one. What one run on one
machine gave is in ``docs/benchmarks.md``.
"""
