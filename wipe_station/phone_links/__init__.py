"""The cables and sockets that the protocols of ``wipe_station.phones`` run over. I/O.

Every wait ends, every length is bounded, and what goes wrong is one of ``wipe_station.errors``.
"""
