"""What a document leaves open, by code, in words. Pure.

A code that a newer station writes and this table does not know is shown as it is: an open
question is never hidden for want of words.
"""

from certs.text import Text

OPEN_QUESTIONS = {
    "device-cache-not-excluded": Text(
        zh="容量小，不能排除读回的是设备自己的缓存",
        en="a small medium: its own cache may have answered the verification",
    ),
    "verification-sampled": Text(
        zh="没有全部读回：只抽样核对，保证写在核对一栏",
        en="not all was read back: a sample was, and what it proves stands with the verification",
    ),
    "write-acceptance-sampled": Text(
        zh="内容和位置无关：容量用探针核对过，但每次写入是否被接受只是抽样",
        en="the content is bound to no position: capacity was probed,"
        " acceptance of each single write only sampled",
    ),
    "method-not-established": Text(
        zh="没有可靠来源证实这个方案该写什么；实际写的内容逐遍列明",
        en="no source establishes what this scheme writes; what was written is listed pass by pass",
    ),
    "areas-outside-the-block-interface": Text(
        zh="备用块、重映射块等块接口够不到的地方没有处理",
        en="spare and remapped areas, which the block interface does not reach, were left alone",
    ),
    "descriptors-of-init-not-readable": Text(
        zh="看不到系统 1 号进程打开了哪些设备",
        en="whether process 1 held the device open could not be seen",
    ),
    "drive-not-asked-without-udevd": Text(
        zh="没有 udevd，没有向硬盘本身询问编号",
        en="no udevd: the drive itself was not asked for its serial",
    ),
    "vital-product-data-missing": Text(
        zh="设备没有提供产品信息页（VPD），介质种类可能不明",
        en="no vital product data: the kind of medium may stay unknown",
    ),
    "cards-not-covered": Text(
        zh="手机卡和存储卡不在清除范围内",
        en="SIM and memory cards are not covered",
    ),
    "esim-not-checked": Text(
        zh="没有检查 eSIM 是否清除", en="whether an eSIM is gone was not checked"
    ),
    "phone-not-attested": Text(
        zh="手机说的情况没有用厂商的证书核对",
        en="what the phone said of itself was not checked against its maker's certificates",
    ),
    "flash-not-overwritten": Text(
        zh="手机的闪存没有从外面覆写；备用块更够不到",
        en="the phone's flash was not overwritten from outside; its spare areas least of all",
    ),
    "route-tried-on-simulators": Text(
        zh="这条清除途径只在模拟器上试过，还没有在真机上验证",
        en="this way of erasing was tried on simulators only, on no real phone yet",
    ),
}


def open_question(code: str) -> Text:
    """Return the words for a code, or the code itself."""
    return OPEN_QUESTIONS.get(code, Text(zh=code, en=code))
