"""What the daemon must remember beside the evidence.

Confirmations that were used, jobs whose device was handed out, write guards, refusals.
Journals and bundles are the evidence and live in files; nothing that a certificate says comes from
here. One SQLite file (WAL, ``synchronous=FULL``): what a method returned from is on the disk. The
schema is ``models``; ``migrations`` brings older files to it; ``store`` is all that others use.
"""

from wipe_station.store.store import ConfirmationUse, RefusalNote, Store

__all__ = ["ConfirmationUse", "RefusalNote", "Store"]
