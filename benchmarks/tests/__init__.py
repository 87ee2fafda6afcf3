"""Unit tests of benchmarks: no root, no devices, no fio; nothing here is measured."""
