"""What the counter's page says beside its devices."""

import pytest

from kiosk_ui.tests.boards import board
from kiosk_ui.tests.browser import Browser, FakeDaemon


@pytest.mark.parametrize("failed", [True, False])
def test_board__self_test_failed__alarm_with_the_next_step(failed: bool) -> None:
    """Nobody has to try a wipe to learn that none will start."""
    shown = Browser(FakeDaemon(board(self_test_failed=failed))).get("/").text
    assert ('role="alert"' in shown) is failed
    assert ("自检没有通过" in shown) is failed
