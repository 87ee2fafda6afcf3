"""Statements about the erasure of a device, version 1: certificate and notice of a job. Pure.

Objects, lists, strings, booleans and integers only. A field that does not apply is absent; a fact
that nobody knows is the string ``unknown``. What fields must agree with each other on stands in
`certs.formats.erasure_v1_rules`.
"""

# ruff: noqa: E501  a table is read by its rows

from certs.canonical import JsonObject
from certs.formats.erasure_v1_rules import check_rules
from certs.formats.fields import Field, FieldTable, Kind, Required, field
from certs.formats.head_v1 import (
    EARLIER,
    JOURNAL,
    NOT_CHECKED,
    check_head,
    grade,
    grade_reasons,
    head,
)
from certs.layout import DocumentType

TYPES = (DocumentType.CERTIFICATE, DocumentType.NOTICE)
_OUTCOMES = ("verified", "verified-with-exceptions", "failed", "aborted", "indeterminate")
_ALWAYS, _CERTIFICATE, _NOTICE = Required.ALWAYS, Required.CERTIFICATE, Required.NOTICE
_OPTIONAL = Required.WHERE_IT_APPLIES


def check(statement: JsonObject, document_type: DocumentType) -> None:
    """Check the shape of a statement about an erasure and its agreement with itself.

    Raises:
        CertificateError: SCHEMA, naming the path of the first field found wrong.
    """
    _TABLE.check(statement, document_type)
    check_head(statement, document_type)
    check_rules(statement, document_type)


# fmt: off
_DEVICE = (
    field("device", Kind.OBJECT, _ALWAYS, "被处理的设备", "Device that was worked on"),
    field("device.node", Kind.TEXT, _ALWAYS, "当时的设备节点", "Node it had at the time"),
    field("device.kind", Kind.CODE, _ALWAYS, "设备种类，如 disk、loop", "Kind of device, such as disk or loop"),
    field("device.transport", Kind.CODE, _ALWAYS, "接口，如 sata、usb", "How it was attached, such as sata or usb"),
    field("device.medium", Kind.CODE, _ALWAYS, "介质种类；只有确证才写明", "Kind of medium, on positive evidence only", "magnetic", "flash", "unknown"),
    field("device.identity_strength", Kind.CODE, _ALWAYS, "身份信息来自介质、转接器还是没有", "Whether its identity is the medium's, a bridge's, or none", "medium", "bridge", "none"),
    field("device.identifiers", Kind.LIST, _ALWAYS, "设备报告的身份信息", "What it was called, each with its source"),
    field("device.identifiers[].kind", Kind.CODE, _ALWAYS, "种类，如 serial、model、backing-file", "Such as serial, model or backing-file"),
    field("device.identifiers[].value", Kind.TEXT, _ALWAYS, "原样记录的内容", "As it was reported"),
    field("device.identifiers[].source", Kind.CODE, _ALWAYS, "谁报告的", "Who said so", "medium", "bridge", "unknown"),
    field("device.identifiers[].evidence", Kind.TEXT, _ALWAYS, "从哪里读到的", "Where it was read"),
    field("device.size_bytes", Kind.COUNT, _ALWAYS, "容量，以开始时为准", "Size as known at the start"),
    field("device.logical_sector_bytes", Kind.COUNT, _ALWAYS, "逻辑扇区大小", "Logical sector size"),
    field("device.physical_sector_bytes", Kind.COUNT_OR_UNKNOWN, _ALWAYS, "物理扇区大小", "Physical sector size"),
    field("device.diskseq", Kind.COUNT_OR_UNKNOWN, _ALWAYS, "内核给这次插入的序号", "The kernel's number for this plugging-in"),
    field("device.usb_path", Kind.TEXT, _OPTIONAL, "USB 口的位置", "Place of the USB port"),
    field("device.siblings_not_covered", Kind.LIST, _ALWAYS, "同一设备上没有处理的部分", "Other parts of the same device that were left alone"),
    field("device.siblings_not_covered[]", Kind.TEXT, _ALWAYS, "其中一个", "One of them"),
    field("device.hidden_areas", Kind.OBJECT, _ALWAYS, "隐藏区域的情况", "What is known of hidden areas"),
    field("device.hidden_areas.hpa", Kind.TEXT, _ALWAYS, "HPA", "Host protected area"),
    field("device.hidden_areas.dco", Kind.TEXT, _ALWAYS, "DCO", "Device configuration overlay"),
    field("device.hidden_areas.amax", Kind.TEXT, _ALWAYS, "AMAX", "Accessible maximum address"),
)

_PLAN = (
    field("utc_offset", Kind.OFFSET, _OPTIONAL, "签发时当地时间和 UTC 的差", "Offset of the station's local time at signing"),
    field("policy", Kind.OBJECT, _OPTIONAL, "所用策略；只选了方法时没有", "Policy; absent when only a method was chosen"),
    field("policy.name", Kind.CODE, _ALWAYS, "策略代号", "Its name"),
    field("policy.title", Kind.TEXT, _ALWAYS, "策略标题", "Its title"),
    field("policy.certainty", Kind.TEXT, _ALWAYS, "策略内容的把握程度", "How certain its content is"),
    field("policy.disclaimer", Kind.OBJECT, _ALWAYS, "必须一起出示的说明", "What must be shown with it"),
    field("policy.disclaimer.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
    field("policy.disclaimer.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    field("method", Kind.OBJECT, _ALWAYS, "所用方法", "Method"),
    field("method.name", Kind.CODE, _ALWAYS, "方法代号", "Its name"),
    field("method.certainty", Kind.TEXT, _ALWAYS, "方法内容的把握程度", "How certain its definition is"),
    field("claim", Kind.OBJECT, _ALWAYS, "所能支持的结论", "What the evidence supports"),
    field("claim.category", Kind.CODE, _ALWAYS, "类别；练习和通知书只能是 none", "Category; none in practice and in notices", "none", "clear", "purge"),
    field("claim.edition", Kind.TEXT, _ALWAYS, "类别出自哪个标准的哪一版", "Standard and edition that define the category"),
    field("claim.reason", Kind.TEXT, _ALWAYS, "为什么是这个类别", "Why this category"),
)

_WORK = (
    field("probes", Kind.OBJECT, _OPTIONAL, "容量探针；最后一遍和位置无关时才有", "Capacity probes; only where the last pass is bound to no position"),
    field("probes.dense_bytes", Kind.COUNT, _ALWAYS, "开头连续写满的字节数", "Bytes written in full at the beginning"),
    field("probes.stride_bytes", Kind.COUNT, _ALWAYS, "之后每隔多少字节一个探针", "After that, one probe each so many bytes"),
    field("probes.probe_bytes", Kind.COUNT, _ALWAYS, "每个探针的字节数", "Bytes of one probe"),
    field("probes.verified_bytes", Kind.COUNT, _ALWAYS, "读回一致的字节数", "Bytes read back and found right"),
    field("probes.refused_bytes", Kind.COUNT, _OPTIONAL, "设备拒绝写或读的字节数；任一探针都缺不到四分之一", "Bytes that the device refused; less than a quarter of any probe if they fit"),
    field("probes.outcome", Kind.CODE, _ALWAYS, "探针的结果", "How the probes came out", "fit", "failed", "incomplete"),
    field("passes", Kind.LIST, _ALWAYS, "每一遍写入", "Each pass, in order"),
    field("passes[].number", Kind.COUNT, _ALWAYS, "第几遍，从 1 起", "1, 2, 3, …"),
    field("passes[].pattern", Kind.OBJECT, _ALWAYS, "写入的内容", "What was written"),
    field("passes[].pattern.kind", Kind.CODE, _ALWAYS, "固定字节或数据流", "Repeated bytes or a stream", "fixed", "stream"),
    field("passes[].pattern.bytes_hex", Kind.BYTES, _OPTIONAL, "固定字节，从 0 字节处起重复", "fixed: the bytes, repeated from byte 0"),
    field("passes[].pattern.stream", Kind.CODE, _OPTIONAL, "数据流的格式", "stream: its format", "xts128-1mib-v1"),
    field("passes[].pattern.key_hex", Kind.KEY, _OPTIONAL, "公开的密钥，供任何人复查", "stream: its key, so that anybody can check the device"),
    field("passes[].pattern.key", Kind.CODE, _OPTIONAL, "密钥暂不公开", "stream: instead of key_hex while it is not published", "withheld"),
    field("passes[].size_bytes", Kind.COUNT, _ALWAYS, "应写的字节数", "Bytes to write"),
    field("passes[].written_bytes", Kind.COUNT, _ALWAYS, "写成的字节数", "Bytes written without an error"),
    field("passes[].outcome", Kind.CODE, _ALWAYS, "这一遍是否写完", "Whether the pass came to its end", "completed", "incomplete"),
    field("passes[].attempts", Kind.LIST, _ALWAYS, "每次开始到停下", "Each run from start to stop"),
    field("passes[].attempts[].from_byte", Kind.COUNT, _ALWAYS, "从哪个字节起", "First byte"),
    field("passes[].attempts[].to_byte", Kind.COUNT, _ALWAYS, "到哪个字节前", "Byte after the last"),
    field("passes[].attempts[].ended", Kind.CODE, _ALWAYS, "怎么停下的", "How it ended", "completed", "interrupted", "failed"),
    field("passes[].started_at", Kind.TIME, _CERTIFICATE, "开始时间；没有开始就没有", "Start; absent if it never started"),
    field("passes[].ended_at", Kind.TIME, _CERTIFICATE, "结束时间；没有结束就没有", "End; absent if it never ended"),
)

_EVIDENCE = (
    field("verification", Kind.OBJECT, _ALWAYS, "写完后的读回核对", "Reading back and comparing"),
    field("verification.kind", Kind.CODE, _ALWAYS, "全部核对、抽样核对或没有核对", "All of it, a sample, or none", "full", "sampled", "none"),
    field("verification.pass_number", Kind.COUNT, _CERTIFICATE, "核对的是第几遍", "The pass that was compared with"),
    field("verification.verified_bytes", Kind.COUNT, _CERTIFICATE, "核对一致的字节数", "Bytes read and found right"),
    field("verification.mismatched_bytes", Kind.COUNT, _CERTIFICATE, "核对不一致的字节数", "Bytes read and found wrong"),
    field("verification.unread_bytes", Kind.COUNT, _CERTIFICATE, "没有读回的字节数：读不出、没写到，或者不在抽样里", "Bytes not read back: unreadable, not written, or not in the sample"),
    field("verification.first_mismatch_byte", Kind.COUNT, _OPTIONAL, "第一处不一致的位置", "Where the first wrong byte lies"),
    field("verification.sample", Kind.OBJECT, _OPTIONAL, "抽样核对时：读了哪些地方，证明到什么程度", "Where a sample was read: which places, and what that proves"),
    field("verification.sample.unit_bytes", Kind.COUNT, _ALWAYS, "一个单元的字节数；最后一个可能短些", "Bytes of one unit; the last one may be shorter"),
    field("verification.sample.units", Kind.COUNT, _ALWAYS, "全盘的单元数", "Units of the device"),
    field("verification.sample.strata", Kind.COUNT, _ALWAYS, "分层数：每层抽一个单元，另加第一个和最后一个", "Strata: one unit is drawn in each, beside the first and the last of all"),
    field("verification.sample.sampled_units", Kind.COUNT, _ALWAYS, "读了的单元数", "Units that were read"),
    field("verification.sample.seed_hex", Kind.KEY, _ALWAYS, "种子：最后一次落盘之后才抽出，任何人可以算出同样的地方", "Seed, drawn after the last flush: anybody finds the same places with it"),
    field("verification.sample.differing_units", Kind.COUNT, _ALWAYS, "如果至少有这么多单元不对", "If at least so many units differ anywhere"),
    field("verification.sample.missed_per_million", Kind.COUNT, _ALWAYS, "漏掉的概率最多是百万分之几", "they are missed at most so often in a million"),
    field("verification.started_at", Kind.TIME, _CERTIFICATE, "开始时间", "Start"),
    field("verification.ended_at", Kind.TIME, _CERTIFICATE, "结束时间；没有结束就没有", "End; absent if it never ended"),
    field("not_reached", Kind.LIST, _ALWAYS, "没有写到或没有核对的范围，从小到大，互不重叠", "Ranges not reached, ascending and disjoint; unwritten wins over unverified"),
    field("not_reached[].from_byte", Kind.COUNT, _ALWAYS, "从哪个字节起", "First byte"),
    field("not_reached[].to_byte", Kind.COUNT, _ALWAYS, "到哪个字节前", "Byte after the last"),
    field("not_reached[].what", Kind.CODE, _ALWAYS, "没写到还是没核对", "What did not happen there", "unwritten", "unverified"),
    field("not_reached_bytes", Kind.COUNT, _ALWAYS, "这些范围的总字节数", "Sum of those ranges"),
    field("interruptions", Kind.LIST, _ALWAYS, "中断", "Interruptions"),
    field("interruptions[].at", Kind.TIME, _ALWAYS, "何时发现", "When it was noticed"),
    field("interruptions[].what", Kind.TEXT, _ALWAYS, "发生了什么", "What happened"),
    field("interruptions[].resumed_at", Kind.TIME, _OPTIONAL, "何时接着做", "When work went on"),
    field("interruptions[].tail_verified_bytes", Kind.COUNT, _OPTIONAL, "接着做之前核对的字节数", "Bytes compared before work went on"),
    *NOT_CHECKED,
    field("outcome", Kind.CODE, _ALWAYS, "从记录重新算出的结果", "Outcome, recomputed from the journal", *_OUTCOMES),
    field("notice", Kind.OBJECT, _NOTICE, "通知的内容", "What is made known"),
    field("notice.kind", Kind.CODE, _ALWAYS, "通知的种类", "Kind of notice", "failed", "interrupted", "aborted"),
    field("notice.reason", Kind.OBJECT, _ALWAYS, "原因", "Why"),
    field("notice.reason.code", Kind.CODE, _ALWAYS, "代号", "As a code"),
    field("notice.reason.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
    field("notice.reason.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    *JOURNAL,
    field("measures", Kind.OBJECT, _OPTIONAL, "清除时测到的，评级用；没测到的不写", "What the wipe measured, for grading; what was not measured is left out"),
    field("measures.verified", Kind.BOOLEAN, _ALWAYS, "是否核对通过", "Whether the verification found right all that it was to read"),
    field("measures.unreached_bytes", Kind.COUNT, _ALWAYS, "没写到或没核对的字节数", "Bytes not written or not verified"),
    field("measures.io_errors", Kind.COUNT, _ALWAYS, "出错的读写次数", "Transfers that failed"),
    field("measures.interruptions", Kind.COUNT, _ALWAYS, "中断次数", "Interruptions"),
    field("measures.identity_strength", Kind.CODE, _ALWAYS, "设备身份的来源", "Who stated the identity", "medium", "bridge", "none"),
    field("measures.slowest_write_ms", Kind.COUNT, _OPTIONAL, "最慢一次写入的毫秒数，最后一遍", "Longest single write of the last pass, in ms"),
    field("measures.slowest_read_ms", Kind.COUNT, _OPTIONAL, "最慢一次读出的毫秒数，核对时", "Longest single read of the verification, in ms"),
    field("measures.write_fastest_zone_bytes_per_s", Kind.COUNT, _OPTIONAL, "写得最快的一区，每秒字节数", "Fastest of 16 zones, last pass"),
    field("measures.write_slowest_zone_bytes_per_s", Kind.COUNT, _OPTIONAL, "写得最慢的一区，每秒字节数", "Slowest of 16 zones, last pass"),
    field("measures.write_zone_drop_percent", Kind.COUNT, _OPTIONAL, "写入时最慢区比最快区慢多少，百分比", "How much slower the slowest zone wrote than the fastest"),
    field("measures.read_fastest_zone_bytes_per_s", Kind.COUNT, _OPTIONAL, "读得最快的一区，每秒字节数", "Fastest of 16 zones, verification"),
    field("measures.read_slowest_zone_bytes_per_s", Kind.COUNT, _OPTIONAL, "读得最慢的一区，每秒字节数", "Slowest of 16 zones, verification"),
    field("measures.read_zone_drop_percent", Kind.COUNT, _OPTIONAL, "读出时最慢区比最快区慢多少，百分比", "How much slower the slowest zone read than the fastest"),
    field("measures.drive_kind", Kind.CODE, _OPTIONAL, "硬盘的种类，有依据才写", "Kind of drive, on positive evidence", "ata-hdd", "ata-ssd", "nvme"),
    field("measures.smart_passed", Kind.BOOLEAN, _OPTIONAL, "硬盘自称健康", "What the drive says of its own health"),
    field("measures.smart_reallocated_sectors", Kind.COUNT, _OPTIONAL, "换用备用扇区数，清除后", "Reallocated sectors after the wipe"),
    field("measures.smart_reallocated_sectors_before", Kind.COUNT, _OPTIONAL, "换用备用扇区数，清除前", "Reallocated sectors before the wipe"),
    field("measures.smart_pending_sectors", Kind.COUNT, _OPTIONAL, "待处理扇区数，清除后", "Pending sectors after the wipe"),
    field("measures.smart_pending_sectors_before", Kind.COUNT, _OPTIONAL, "待处理扇区数，清除前", "Pending sectors before the wipe"),
    field("measures.smart_uncorrectable", Kind.COUNT, _OPTIONAL, "无法修复的扇区数，清除后", "Uncorrectable sectors after the wipe"),
    field("measures.smart_uncorrectable_before", Kind.COUNT, _OPTIONAL, "无法修复的扇区数，清除前", "Uncorrectable sectors before the wipe"),
    field("measures.power_on_hours", Kind.COUNT, _OPTIONAL, "通电小时数", "Hours powered on"),
    field("measures.temperature_celsius", Kind.COUNT, _OPTIONAL, "温度，摄氏度", "Temperature"),
    field("measures.ssd_life_used_percent", Kind.COUNT, _OPTIONAL, "已用写入寿命，百分比", "Writing life used"),
    field("measures.nvme_critical_warning", Kind.COUNT, _OPTIONAL, "NVMe 严重警告位", "NVMe critical warning bits"),
    field("measures.nvme_percentage_used", Kind.COUNT, _OPTIONAL, "NVMe 已用寿命，百分比", "NVMe percentage used"),
    field("measures.nvme_media_errors", Kind.COUNT, _OPTIONAL, "NVMe 介质错误数，清除后", "NVMe media errors after the wipe"),
    field("measures.nvme_media_errors_before", Kind.COUNT, _OPTIONAL, "NVMe 介质错误数，清除前", "NVMe media errors before the wipe"),
    field("speed", Kind.OBJECT, _OPTIONAL, "各区的速度：全盘分成 16 区，没测到的不写", "Speed by zone: the device in 16 equal parts; what was not measured is left out"),
    field("speed.write", Kind.LIST, _ALWAYS, "写入，最后一遍", "Writing, last pass"),
    field("speed.write[].zone", Kind.COUNT, _ALWAYS, "第几区，0 到 15，从小到大", "0 to 15, ascending"),
    field("speed.write[].bytes_per_s", Kind.COUNT, _ALWAYS, "每秒字节数", "Bytes per second"),
    field("speed.read", Kind.LIST, _ALWAYS, "读出，核对时", "Reading, verification"),
    field("speed.read[].zone", Kind.COUNT, _ALWAYS, "第几区，0 到 15，从小到大", "0 to 15, ascending"),
    field("speed.read[].bytes_per_s", Kind.COUNT, _ALWAYS, "每秒字节数", "Bytes per second"),
    *grade("grade", _OPTIONAL, "按规则评出的级别，任何人可用 wipe-grade 重算", "Grade by rules; wipe-grade recomputes it"),
    *grade_reasons("grade"),
    *EARLIER,
)
# fmt: on

FIELDS: tuple[Field, ...] = (*head(*TYPES), *_DEVICE, *_PLAN, *_WORK, *_EVIDENCE)
_TABLE = FieldTable(FIELDS)
