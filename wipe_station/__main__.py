"""``python -m wipe_station``: the same as the console script."""

from wipe_station.cli import main

main()
