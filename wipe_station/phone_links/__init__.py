"""The only places that open a socket or a cable to a phone. I/O.

One file per transport. What passes over it is decided in ``wipe_station.phones``; here are
deadlines, limits, and errors with a next step. Nothing a phone says is shown in an error.
"""
