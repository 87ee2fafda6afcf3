"""Unit tests of the test lab itself."""
