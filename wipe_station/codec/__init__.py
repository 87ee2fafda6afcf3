"""Bytes that devices answer with ↔ values. Pure.

Each parser raises ``MalformedReplyError`` and nothing else.
"""
