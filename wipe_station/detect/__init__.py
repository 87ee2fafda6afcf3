"""What is plugged in, and why it may not be wiped.

``snapshot`` reads the machine into plain JSON (I/O); ``classify`` turns that into facts and
``safety`` into reasons (both pure), so a recorded snapshot is a test. ``watch`` follows events.
"""
