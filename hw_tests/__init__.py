"""Whatever touches devices: loop drives made here, tests on them, the practice job.

Nothing in this package ever opens a device that it did not make itself.
"""
