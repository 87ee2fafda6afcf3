"""Speed against the programs that people use today, on the same memory-backed loop drive.

``python -m benchmarks.peers`` (or ``make peers``, which installs the programs first) prints one
table. Whole programs are timed, process start and a flush at the end included, for every program
and for us alike; our pump alone stands beside that.

How a figure comes about:

1. Make a loop drive on memory, and enter a mount namespace whose ``/dev`` holds no other block
   device: whatever a program does, it finds nothing else to destroy (``hw_tests.private_dev``).
2. Each round waits for a quiet machine and runs every program once; the order moves on by one
   place a round. One round gives one ratio; a row shows their median and its interval.
3. Before each program 256 places of the drive are stamped through the backing file, afterwards
   no stamp may be left; the kernel counts what the device was asked to write and to read
   (``observed``). A program that did not do its work is named and has no figure.

A program that is missing, fails, or exceeds its bound is shown as such and ends nothing.
"""
