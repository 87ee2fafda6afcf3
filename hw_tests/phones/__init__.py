"""Simulated phones, to be asked by the station's own links and by Debian's real clients.

An engine takes bytes (``feed``) and gives bytes (``send``), whatever carries them; states and lies
are a phone's constructor arguments. What they show of a real phone's behaviour is what is published
about it; none of it was seen on one.
"""
