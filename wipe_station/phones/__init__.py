"""Phones and tablets: what they say, what may be done with them, and what may be claimed. Pure.

- ``facts``: what is known of one phone, as values; ``None`` is unknown, never "good".
- ``imei``: the number's own structure.
- ``usb_mode_table``, ``usb_modes``, ``usb_identity``: what a phone is on USB, and whether it is the
  one from before.
- One file per protocol (``adb``, ``fastboot``, ``usbmux``, ``lockdown`` …): bytes in, values and
  bytes out; whoever owns a socket or a cable feeds them (``wipe_station.phone_links``).

Names of accounts, files and messages are never kept: a parser counts and forgets.
"""
