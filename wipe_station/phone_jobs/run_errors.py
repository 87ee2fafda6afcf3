"""What a phone's run refuses to people, each with what to do. Pure."""

from certs.text import Text
from wipe_station.errors import InvalidInputError


def no_overwrite_now() -> InvalidInputError:
    """Return why nothing is overwritten: it is not the time, or it was done."""
    return InvalidInputError(
        Text(zh="现在不能覆写空闲空间。", en="Nothing is overwritten now."),
        hint=Text(
            zh="第一次重置以后、第二次重置以前才行，而且只要一次。",
            en="Only between the first reset and the second, and once.",
        ),
    )


def too_hot_to_overwrite() -> InvalidInputError:
    """Return why nothing is overwritten: the phone is too hot."""
    return InvalidInputError(
        Text(zh="手机太热了，现在不能覆写。", en="The phone is too hot to be overwritten now."),
        hint=Text(zh="等它凉下来再点。", en="Let it cool down, then try again."),
    )


def no_jpeg() -> InvalidInputError:
    """Return why a photograph is not taken: it is none."""
    return InvalidInputError(
        Text(zh="这不是 JPEG 照片。", en="This is no JPEG photograph."),
        hint=Text(zh="用本机的相机再拍一次。", en="Take it again with the camera here."),
    )


def no_photograph_now() -> InvalidInputError:
    """Return why a photograph is not taken: nobody waits for one."""
    return InvalidInputError(
        Text(zh="现在不需要照片。", en="No photograph is wanted now."),
        hint=Text(
            zh="等手机重新启动，看到欢迎画面再拍。",
            en="Wait until the phone is back and shows its welcome screen.",
        ),
    )
