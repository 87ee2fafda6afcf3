"""Phones in plain Python, for tests: what they do, and what speaks to them.

A phone's model knows nothing of sockets or cables; an engine speaks a protocol for it and is fed
with bytes; a carrier (``tcp``) moves them. How a phone is and how it lies are options of its model.
They are held against Debian's own ``adb`` in ``hw_tests/test_phone_adb.py``; how a real phone
behaves they do not prove.
"""
