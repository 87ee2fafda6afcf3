"""What somebody does with a phone now: a picture, and what it says to who cannot see it.

The picture of a step is ``static/steps/<its value>.svg``: lines in the colour of the text, on no
ground, without words, so that it does for both languages and both themes.
"""

from importlib.resources import files
from types import MappingProxyType
from typing import Final

from wipe_station.api_values import Words
from wipe_station.phone_values import Step

STEPS: Final = MappingProxyType(
    {
        Step.UNLOCK: Words(zh="请机主解锁手机。", en="The owner unlocks the phone."),
        Step.ALLOW_DEBUGGING: Words(
            zh="请机主在手机上点“允许 USB 调试”。",
            en="The owner allows USB debugging on the phone.",
        ),
        Step.TRUST: Words(
            zh="请机主在手机上点“信任”，再输密码。",
            en="The owner taps Trust on the phone, and enters the passcode.",
        ),
        Step.CHOOSE_FILES: Words(
            zh="在手机上选“文件传输”。", en="Choose file transfer on the phone."
        ),
        Step.RESTART: Words(
            zh="请重新启动手机，再插上来。", en="Restart the phone and plug it in again."
        ),
        Step.WAIT: Words(zh="线不要拔，请稍等。", en="Leave the cable in; one moment."),
        Step.SIGN_OUT: Words(
            zh="请机主先退出账号。", en="The owner signs out of the accounts first."
        ),
        Step.SHOW_ACCOUNTS: Words(
            zh="请机主打开“设置 → 账户”给店员看。", en="The owner shows Settings, Accounts."
        ),
        Step.SHOW_FIND_MY: Words(
            zh="请机主打开“设置 → 姓名 → 查找”给店员看。",
            en="The owner shows Settings, the name, Find My.",
        ),
        Step.TAKE_CARDS_OUT: Words(
            zh="请取出手机卡和存储卡，还给顾客。", en="Return SIM and memory card to the customer."
        ),
        Step.CONSENT: Words(
            zh="请机主看过会发生什么，再同意。",
            en="The owner sees what will happen, and then agrees.",
        ),
        Step.MANAGER: Words(zh="请叫店长。", en="Fetch the manager."),
        Step.ORGANISATION: Words(
            zh="要单位先放行这台手机。", en="The organisation must release this phone first."
        ),
        Step.HOLD: Words(
            zh="请机主按住 3 秒开始清除，松手就取消。", en="Owner: hold 3 s; let go to cancel."
        ),
        Step.PRESS_ON_PHONE: Words(
            zh="请机主自己在手机上点“清除全部数据”。",
            en="The owner taps “erase all data” on the phone.",
        ),
        Step.STRANGER: Words(
            zh="这不是刚才那台手机。请换回来。",
            en="This is not the phone of before. Put the right one back.",
        ),
        Step.LOOK: Words(
            zh="跳过设置（不登录账号），选“文件传输”。",
            en="Skip setup without an account, and choose file transfer.",
        ),
        Step.RESET_AGAIN: Words(
            zh="在手机上再恢复一次出厂设置。", en="Reset the phone once more, on the phone."
        ),
        Step.PHOTOGRAPH: Words(
            zh="看到“欢迎使用”画面后，拍一张照片。",
            en="When the welcome screen shows, photograph it.",
        ),
        Step.DONE: Words(zh="做完了。", en="Done."),
        Step.RED_BOX: Words(
            zh="不能出售。请放进红盒，交给店长。", en="Not for sale. Red box, manager."
        ),
    }
)


def load_pictures() -> dict[Step, str]:
    """Return the picture of each step, as it stands in a page."""
    folder = files("kiosk_ui") / "static" / "steps"
    return {step: (folder / f"{step.value}.svg").read_text("utf-8").strip() for step in Step}
