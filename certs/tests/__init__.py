"""Unit tests of certs: no root, no devices."""
