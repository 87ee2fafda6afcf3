"""Formats of signed statements, one module per version.

A released version stays checkable for ever: a change of meaning is a new module. `fields` is the
small language in which a version's table of fields is written; the table is both what is checked
and what the documentation page is generated from.
"""
