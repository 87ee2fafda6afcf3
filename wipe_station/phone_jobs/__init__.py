"""The erasure of a phone as a job: planned, confirmed, driven, recorded, judged, signed.

- ``plan``: what is going to be done to which phone, and what was known of it before. Pure.
- ``record``: the kinds of lines in its journal, and values as JSON. Pure.
- ``replay``: a journal → what it proves, by the tables of ``wipe_station.phones.run``. Pure.
- ``statement``: that → what gets signed. Pure.
- ``place``: what a run sees of its port. Pure.
- ``runner``: drives one phone through its table. I/O.
- ``bench``: all phones at the counter. I/O.
"""
