"""Phones that are none: each speaks a protocol as a phone does, or lies as one might.

An engine knows no transport: bytes go in by ``feed``, and out by a function that it was given. So
one phone serves TCP, a USB model of the lab, and a test in the same process. Debian's own clients
say whether an engine speaks as phones do; nothing here shows how a real phone behaves.
"""
