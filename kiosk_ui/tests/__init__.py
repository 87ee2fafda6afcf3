"""Unit tests of kiosk_ui: no root, no devices."""
