"""Unit tests of grading: no root, no devices."""
