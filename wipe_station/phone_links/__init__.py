"""What carries bytes to phones and back: sockets and USB, and nothing that understands them. I/O.

One file per transport or protocol; each drives a core of ``wipe_station.phones``. Every wait has an
end, and every fault is an error of ``wipe_station.errors``. A phone is named by its port, never as
"the first one that is there".
"""
