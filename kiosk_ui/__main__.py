"""``python -m kiosk_ui``: what ``wipe-station up`` and the service manager start."""

from kiosk_ui.main import main

main()
