"""The touchscreen. Empty until the station has a daemon to speak to: no page exists yet."""
