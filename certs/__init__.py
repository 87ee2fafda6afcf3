"""Signed statements about sanitized devices, and how a stranger checks them.

Stands alone: it imports the standard library, ``cryptography`` and ``rfc8785``, nothing of the
station. A recycler installs the distribution without extras and has ``wipe-cert``.
"""
