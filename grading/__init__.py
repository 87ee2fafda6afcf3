"""Usability grades, recomputed from recorded measures by versioned rules."""
