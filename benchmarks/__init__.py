"""Speed and size, measured against ``fio`` on the same device in the same run.

``python -m benchmarks`` runs ``pytest benchmarks`` and prints tables, ready to paste; ``make
bench`` also compares with other wipers (``benchmarks.peers``). Root is needed for the loop drives,
which stand on memory so that software is the limit, or are slowed down by the block cgroup.

- ``test_speed``: the pump against ``fio``, and a worker's memory.
- ``test_cost``: processor time of a random pass against the least that could be done.
- ``test_slow``: devices with a limit, one and up to sixteen at once.
- ``test_pipelines``: experiments with the size of a call, the number of threads, and io_uring.

How a row of ``test_speed`` comes about: pytest-benchmark times our side; before each of its rounds
``fio`` does the same amount of the same work on the same drive with both of its engines, so that
drift of the machine hits both alike. The engine with the better median over the run is the one
compared with. One round gives one ratio; a row shows their median and its distribution-free
interval (``ratios``). Nothing here judges the figures: they stand beside the design's targets.

Every pass outside ``test_speed`` and ``test_cost`` is a process of its own (``children``), whose
start is in no figure. Plots (``plot``) go to ``.run/plots``, or where ``--plots`` says.

A missing or failing ``fio`` is a failed benchmark, never a skipped one. What one run on one
machine gave is in ``docs/benchmarks.md``.
"""
