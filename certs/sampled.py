"""What a certificate's headline may say, and what a sampled verification proves. Pure."""

from typing import Final

from certs.canonical import JsonObject
from certs.layout import DocumentType
from certs.text import Text

SAMPLED: Final = "sampled"
ERASED: Final = Text(zh="已清除，每个字节都核对过。", en="Erased; every byte checked.")
ERASED_BY_SAMPLE: Final = Text(
    zh="已清除，抽样核对过；文件写明保证到什么程度。",
    en="Erased; a sample was checked, and the document says what that proves.",
)

ERASED_BY_ITSELF: Final = Text(
    zh="手机自己的重置已清除，证据见下；密钥被销毁是推断的。",
    en="Erased by the phone's own reset, as the evidence shows; that keys were destroyed is"
    " inferred.",
)


def erased_text(statement: JsonObject) -> Text:
    """Return the headline of a certificate: never more than was read.

    Args:
        statement: of an erasure, checked against the schema.
    """
    if DocumentType(statement["type"]).of_phone:
        return ERASED_BY_ITSELF
    return ERASED_BY_SAMPLE if statement["verification"]["kind"] == SAMPLED else ERASED


def guarantee_text(sample: JsonObject) -> Text:
    """Return what a sample proves.

    Args:
        sample: ``verification.sample`` of a statement.
    """
    percent = f"{sample['missed_per_million'] / 10_000:g}%"
    units, read = f"{sample['units']:,}", f"{sample['sampled_units']:,}"
    differing, unit = f"{sample['differing_units']:,}", f"{sample['unit_bytes']:,}"
    return Text(
        zh=f"全盘 {units} 个单元（每个 {unit} 字节），读了其中 {read} 个；"
        f"全盘只要有 {differing} 个单元不对，漏掉的可能不超过 {percent}",
        en=f"{read} of {units} units of {unit} bytes were read; if at least {differing} of all"
        f" {units} differed anywhere, that would be missed with a probability of at most {percent}",
    )
