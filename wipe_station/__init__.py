"""The station's heart: detect, plan, overwrite, verify, record."""
