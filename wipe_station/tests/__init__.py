"""Unit tests of wipe_station: no root, no devices."""
