"""An Android phone's shared storage over MTP: the same files that adb sees below ``/sdcard``. Pure.

Before it is set up, and while its screen is locked, a phone shows no storage.
"""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Final

from hw_tests.phones.android import FOLDERS, AndroidPhone, Lie
from hw_tests.phones.mtp import STORAGE, MtpEngine

ROOT: Final = FOLDERS[0] + "/"


class AndroidMtp(MtpEngine):
    """One responder of a phone."""

    def __init__(self, phone: AndroidPhone, send: Callable[[bytes], None]) -> None:
        """Make a responder; whoever feeds it holds the phone's lock.

        Args:
            phone: whose files.
            send: takes each container of an answer.
        """
        self._phone = phone
        super().__init__(SharedStorage(phone), send)

    def reset(self) -> None:
        """Forget the session; who it says it is may have changed."""
        super().reset()
        self.words = ("SimCo", self._phone.model, "1.0", self._phone.serial)

    def _storages(self) -> tuple[int, ...]:
        seen = self._phone.set_up and not self._phone.screen_lock
        return (STORAGE,) if seen else ()


class SharedStorage:
    """What a phone shows of its files."""

    size_bytes = 64 << 20

    def __init__(self, phone: AndroidPhone) -> None:
        self.files = _Below(phone)

    @property
    def used_bytes(self) -> int:
        """How much is used."""
        return sum(map(len, self.files.values()))


class _Below(MutableMapping[str, bytes]):
    """Files and folders by path below the root, as far as the phone does not hide them."""

    def __init__(self, phone: AndroidPhone) -> None:
        self._phone = phone

    def _seen(self) -> dict[str, bytes]:
        hidden = self._phone.lying and self._phone.lie in (Lie.HIDES, Lie.CLOSED)
        files = {} if hidden else self._phone.files
        return dict.fromkeys(FOLDERS[1:], b"") | files

    def __getitem__(self, path: str) -> bytes:
        return self._seen()[ROOT + path]

    def __setitem__(self, path: str, content: bytes) -> None:
        self._phone.files[ROOT + path] = content

    def __delitem__(self, path: str) -> None:
        del self._phone.files[ROOT + path]

    def __iter__(self) -> Iterator[str]:
        return (path.removeprefix(ROOT) for path in self._seen())

    def __len__(self) -> int:
        return len(self._seen())
