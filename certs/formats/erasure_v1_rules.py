"""Statements about an erasure, version 1: what the fields must agree on. Pure.

The station's own replay decides an outcome; these rules are what a stranger can still check
without the journal, so that a defect of the station cannot sign a contradiction.
"""

from certs.canonical import JsonObject
from certs.formats.fields import refuse
from certs.formats.sample_rules import bytes_of_sample, check_sample
from certs.layout import DocumentType

# What a notice of each kind may report.
_OUTCOMES_OF_NOTICE = {
    "failed": ("failed", "verified-with-exceptions"),
    "interrupted": ("indeterminate",),
    "aborted": ("aborted",),
}
_ZONES = 16
_COUNTERS = ("verified_bytes", "mismatched_bytes", "unread_bytes")


def check_rules(statement: JsonObject, document_type: DocumentType) -> None:
    """Check agreement between fields of a statement whose shape is right.

    Raises:
        CertificateError: SCHEMA, naming the field that disagrees.
    """
    _check_claim(statement, document_type)
    _check_passes(statement)
    _check_verification(statement)
    _check_not_reached(statement)
    _check_measures(statement)
    _check_speed(statement)
    if document_type.certifies:
        _check_certificate(statement)
    else:
        _check_notice(statement)


def _check_claim(statement: JsonObject, document_type: DocumentType) -> None:
    if statement["claim"]["category"] == "none":
        return
    if statement["practice"]:
        refuse("claim.category", "练习不能有结论", "practice supports no claim")
    if document_type.is_notice:
        refuse("claim.category", "通知书不能有结论", "a notice supports no claim")
    if statement["verification"]["kind"] == "sampled":
        refuse("claim.category", "抽样不能有结论", "a sample supports no claim")


def _check_measures(statement: JsonObject) -> None:
    """What the grade follows from agrees with the rest; the grade itself wipe-grade recomputes."""
    measures = statement.get("measures")
    if measures is None:
        if "grade" in statement:
            refuse("grade", "没有测量就没有级别", "no grade without measures")
        return
    if measures["verified"] is not (statement["outcome"] == "verified"):
        refuse("measures.verified", "和结果不符", "contradicts the outcome")
    if measures["unreached_bytes"] != statement["not_reached_bytes"]:
        refuse("measures.unreached_bytes", "和没到的范围不符", "contradicts the ranges not reached")
    if measures["interruptions"] != len(statement["interruptions"]):
        refuse("measures.interruptions", "和中断不符", "contradicts the interruptions")


def _check_speed(statement: JsonObject) -> None:
    """What is drawn as a curve is what the measures, and so the grade, were taken from."""
    for what, zones in statement.get("speed", {}).items():
        following = -1
        for index, each in enumerate(zones):
            if not following < each["zone"] < _ZONES:
                refuse(f"speed.{what}[{index}].zone", "次序不对，或者没有这一区", "no such zone")
            following = each["zone"]
        measures, speeds = statement.get("measures", {}), [each["bytes_per_s"] for each in zones]
        for name, of in (("slowest", min), ("fastest", max)):
            known = of(speeds) if len(speeds) == _ZONES else None
            if measures.get(f"{what}_{name}_zone_bytes_per_s") != known:
                refuse(f"speed.{what}", "和测量不符", "contradicts the measures")


def _check_passes(statement: JsonObject) -> None:
    device_bytes = statement["device"]["size_bytes"]
    for index, one_pass in enumerate(statement["passes"]):
        where = f"passes[{index}]"
        if one_pass["number"] != index + 1:
            refuse(f"{where}.number", "应为 1、2、3……", "expected 1, 2, 3, …")
        if one_pass["written_bytes"] > one_pass["size_bytes"]:
            refuse(f"{where}.written_bytes", "比应写的还多", "more than there was to write")
        _check_pattern(one_pass["pattern"], f"{where}.pattern")
        for number, attempt in enumerate(one_pass["attempts"]):
            if not attempt["from_byte"] <= attempt["to_byte"] <= device_bytes:
                refuse(f"{where}.attempts[{number}]", "超出设备范围", "not within the device")


def _check_pattern(pattern: JsonObject, where: str) -> None:
    given = pattern.keys() - {"kind"}
    if pattern["kind"] == "fixed":
        if given != {"bytes_hex"}:
            refuse(where, "固定字节只能有 bytes_hex", "fixed takes bytes_hex alone")
    elif given not in ({"stream", "key_hex"}, {"stream", "key"}):
        refuse(where, "数据流要有 stream 和 key_hex 或 key", "stream takes key_hex or key")
    elif "key_hex" in given and pattern["key_hex"][:32] == pattern["key_hex"][32:]:
        refuse(f"{where}.key_hex", "密钥的两半相同", "the halves of the key are equal")


def _check_verification(statement: JsonObject) -> None:
    verification = statement["verification"]
    counted = [verification.get(name, 0) for name in _COUNTERS]
    if sum(counted) > statement["device"]["size_bytes"]:
        refuse("verification", "核对的比设备还大", "more bytes than the device has")
    # Without a verification every byte is unread, and may be counted so.
    if verification["kind"] == "none" and any(counted[:2]):
        refuse("verification", "没有核对却有字节数", "compared bytes without a verification")
    if ("first_mismatch_byte" in verification) != bool(verification.get("mismatched_bytes", 0)):
        refuse("verification.first_mismatch_byte", "与不一致的字节数矛盾", "contradicts the count")
    if (verification["kind"] == "sampled") != ("sample" in verification):
        refuse("verification.sample", "和核对方式矛盾", "contradicts the kind of verification")
    if "sample" in verification:
        check_sample(verification, statement["device"]["size_bytes"])
    if not 0 < verification.get("pass_number", 1) <= max(1, len(statement["passes"])):
        refuse("verification.pass_number", "没有这一遍", "no such pass")


def _check_not_reached(statement: JsonObject) -> None:
    end = total = 0
    for index, gap in enumerate(statement["not_reached"]):
        if not end <= gap["from_byte"] < gap["to_byte"]:
            refuse(
                f"not_reached[{index}]", "空的、重叠的或次序不对", "empty, overlapping or unsorted"
            )
        end = gap["to_byte"]
        total += end - gap["from_byte"]
    if end > statement["device"]["size_bytes"]:
        refuse("not_reached", "超出设备范围", "not within the device")
    if total != statement["not_reached_bytes"]:
        refuse("not_reached_bytes", "与各范围之和不符", "not the sum of the ranges")


def _check_certificate(statement: JsonObject) -> None:
    if statement["outcome"] != "verified":
        refuse("outcome", "证明只能是 verified", "a certificate needs: verified")
    if statement["device"]["size_bytes"] == 0 or not statement["passes"]:
        refuse("passes", "什么也没有写", "nothing was written")
    for index in range(len(statement["passes"])):
        _check_whole_pass(statement, index)
    _check_whole_verification(statement)
    _check_published_key(statement["passes"][-1]["pattern"])
    _check_probes(statement)


def _check_probes(statement: JsonObject) -> None:
    """A last pass that is bound to no position proves no capacity: probes must have done that."""
    fixed = statement["passes"][-1]["pattern"]["kind"] == "fixed"
    if fixed and "probes" not in statement:
        refuse("probes", "没有核对容量", "the capacity was not probed")
    if "probes" in statement and statement["probes"]["outcome"] != "fit":
        refuse("probes.outcome", "探针没有通过", "the probes did not fit")


def _check_whole_pass(statement: JsonObject, index: int) -> None:
    one_pass, where = statement["passes"][index], f"passes[{index}]"
    device_bytes = statement["device"]["size_bytes"]
    if one_pass["outcome"] != "completed":
        refuse(f"{where}.outcome", "没有写完", "not completed")
    for name in ("size_bytes", "written_bytes"):
        if one_pass[name] != device_bytes:
            refuse(f"{where}.{name}", "不等于设备容量", "not the size of the device")
    reached = 0
    for attempt in sorted(one_pass["attempts"], key=lambda attempt: int(attempt["from_byte"])):
        if attempt["from_byte"] <= reached:
            reached = max(reached, attempt["to_byte"])
    if reached != device_bytes:
        refuse(f"{where}.attempts", "合起来没有写满", "together they do not cover the device")


def _check_whole_verification(statement: JsonObject) -> None:
    verification, size = statement["verification"], statement["device"]["size_bytes"]
    sampled = verification["kind"] == "sampled"
    verified = bytes_of_sample(verification["sample"], size) if sampled else size
    expected = {
        "kind": "sampled" if sampled else "full",
        "pass_number": len(statement["passes"]),
        "verified_bytes": verified,
        "mismatched_bytes": 0,
        "unread_bytes": size - verified,
    }
    for name, value in expected.items():
        if verification[name] != value:
            refuse(f"verification.{name}", f"证明要求 {value}", f"a certificate needs {value}")
    if sampled and "verification-sampled" not in statement["not_checked"]:
        refuse("not_checked", "没有写明是抽样", "does not say that it was a sample")
    if statement["not_reached"]:
        refuse("not_reached", "证明里必须是空的", "a certificate needs an empty list")


def _check_published_key(last_pattern: JsonObject) -> None:
    # Without the key nobody could recheck the device against the certificate.
    if last_pattern["kind"] == "stream" and "key_hex" not in last_pattern:
        refuse("passes[-1].pattern.key_hex", "密钥必须公开", "the key must be published")


def _check_notice(statement: JsonObject) -> None:
    kind, outcome = statement["notice"]["kind"], statement["outcome"]
    if outcome not in _OUTCOMES_OF_NOTICE[kind]:
        refuse("outcome", f"与通知种类 {kind} 矛盾", f"contradicts a notice of kind {kind}")
    if outcome == "indeterminate":
        # The job may go on, and whoever knew the key could fake what is still to be written.
        for index, one_pass in enumerate(statement["passes"]):
            if "key_hex" in one_pass["pattern"]:
                refuse(f"passes[{index}].pattern.key_hex", "现在不能公开密钥", "must be withheld")
