// What the fields of a statement about a job must agree on; as certs/formats/erasure_v1_rules.py
// and sample_rules.py.

const OUTCOMES_OF_NOTICE = {
  failed: ["failed", "verified-with-exceptions"],
  interrupted: ["indeterminate"],
  aborted: ["aborted"],
};
const ZONES = 16;
const MILLION = 1_000_000;
const ROUNDING = 1e-9;

function checkJobRules(statement) {
  const isNotice = KIND_OF[statement.type].is_notice;
  checkClaim(statement, isNotice);
  checkPasses(statement);
  checkVerification(statement);
  checkNotReached(statement);
  checkMeasures(statement);
  checkSpeed(statement);
  if (isNotice) {
    checkNotice(statement);
  } else {
    checkCertificate(statement);
  }
}

function checkClaim(statement, isNotice) {
  if (statement.claim.category === "none") {
    return;
  }
  if (statement.practice) {
    refuseField("claim.category", "练习不能有结论", "practice supports no claim");
  }
  if (isNotice) {
    refuseField("claim.category", "通知书不能有结论", "a notice supports no claim");
  }
  if (statement.verification.kind === "sampled") {
    refuseField("claim.category", "抽样不能有结论", "a sample supports no claim");
  }
}

// What the grade follows from agrees with the rest; the grade itself wipe-grade recomputes.
function checkMeasures(statement) {
  const measures = statement.measures;
  if (measures === undefined) {
    if (Object.hasOwn(statement, "grade")) {
      refuseField("grade", "没有测量就没有级别", "no grade without measures");
    }
    return;
  }
  if (measures.verified !== (statement.outcome === "verified")) {
    refuseField("measures.verified", "和结果不符", "contradicts the outcome");
  }
  if (measures.unreached_bytes !== statement.not_reached_bytes) {
    refuseField("measures.unreached_bytes", "和没到的范围不符", "contradicts the ranges not reached");
  }
  if (measures.interruptions !== statement.interruptions.length) {
    refuseField("measures.interruptions", "和中断不符", "contradicts the interruptions");
  }
}

// What is drawn as a curve is what the measures, and so the grade, were taken from.
function checkSpeed(statement) {
  for (const [what, zones] of Object.entries(statement.speed ?? {})) {
    let following = -1;
    for (const [index, { zone }] of zones.entries()) {
      if (!(following < zone && zone < ZONES)) {
        refuseField(`speed.${what}[${index}].zone`, "次序不对，或者没有这一区", "no such zone");
      }
      following = zone;
    }
    const speeds = zones.map((each) => each.bytes_per_s);
    for (const [name, of] of [["slowest", Math.min], ["fastest", Math.max]]) {
      const known = zones.length === ZONES ? of(...speeds) : undefined;
      if (statement.measures?.[`${what}_${name}_zone_bytes_per_s`] !== known) {
        refuseField(`speed.${what}`, "和测量不符", "contradicts the measures");
      }
    }
  }
}

function checkPasses(statement) {
  const deviceBytes = statement.device.size_bytes;
  for (const [index, onePass] of statement.passes.entries()) {
    const where = `passes[${index}]`;
    if (onePass.number !== index + 1) {
      refuseField(`${where}.number`, "应为 1、2、3……", "expected 1, 2, 3, …");
    }
    if (onePass.written_bytes > onePass.size_bytes) {
      refuseField(`${where}.written_bytes`, "比应写的还多", "more than there was to write");
    }
    checkPattern(onePass.pattern, `${where}.pattern`);
    for (const [number, attempt] of onePass.attempts.entries()) {
      if (attempt.from_byte > attempt.to_byte || attempt.to_byte > deviceBytes) {
        refuseField(`${where}.attempts[${number}]`, "超出设备范围", "not within the device");
      }
    }
  }
}

function checkPattern(pattern, where) {
  const given = Object.keys(pattern).filter((name) => name !== "kind").sort().join();
  if (pattern.kind === "fixed") {
    if (given !== "bytes_hex") {
      refuseField(where, "固定字节只能有 bytes_hex", "fixed takes bytes_hex alone");
    }
    return;
  }
  if (given !== "key_hex,stream" && given !== "key,stream") {
    refuseField(where, "数据流要有 stream 和 key_hex 或 key", "stream takes key_hex or key");
  }
  const key = pattern.key_hex;
  if (key !== undefined && key.slice(0, 32) === key.slice(32)) {
    refuseField(`${where}.key_hex`, "密钥的两半相同", "the halves of the key are equal");
  }
}

function checkVerification(statement) {
  const verification = statement.verification;
  const { verified_bytes = 0, mismatched_bytes = 0, unread_bytes = 0 } = verification;
  const size = statement.device.size_bytes;
  if (verified_bytes + mismatched_bytes + unread_bytes > size) {
    refuseField("verification", "核对的比设备还大", "more bytes than the device has");
  }
  // Without a verification every byte is unread, and may be counted so.
  if (verification.kind === "none" && (verified_bytes || mismatched_bytes)) {
    refuseField("verification", "没有核对却有字节数", "compared bytes without a verification");
  }
  if (Object.hasOwn(verification, "first_mismatch_byte") !== mismatched_bytes > 0) {
    refuseField("verification.first_mismatch_byte", "与不一致的字节数矛盾", "contradicts the count");
  }
  const sampled = Object.hasOwn(verification, "sample");
  if ((verification.kind === "sampled") !== sampled) {
    refuseField("verification.sample", "和核对方式矛盾", "contradicts the kind of verification");
  }
  if (sampled) {
    checkSample(verification, size);
  }
  const number = verification.pass_number ?? 1;
  if (number < 1 || number > Math.max(1, statement.passes.length)) {
    refuseField("verification.pass_number", "没有这一遍", "no such pass");
  }
}

function checkSample(verification, size) {
  const { unit_bytes, units, strata, sampled_units } = verification.sample;
  const { verified_bytes = 0, mismatched_bytes = 0 } = verification;
  if (unit_bytes === 0 || units !== dividedUp(size, unit_bytes)) {
    refuseField("verification.sample.units", "与容量不符", "not the size of the device");
  }
  if (strata < 1 || strata > units) {
    refuseField("verification.sample.strata", "分层数不对", "no such strata");
  }
  // The first and the last unit of all may be those that were drawn.
  if (sampled_units < strata || sampled_units > Math.min(units, strata + 2)) {
    refuseField("verification.sample.sampled_units", "与分层数不符", "not one for each stratum");
  }
  if (verified_bytes + mismatched_bytes > bytesOfSample(verification.sample, size)) {
    refuseField("verification.verified_bytes", "比抽查的还多", "more than was sampled");
  }
  checkGuarantee(verification.sample);
}

// Rounded up; exact beyond 2^53, too.
function dividedUp(count, by) {
  return Number((BigInt(count) + BigInt(by) - 1n) / BigInt(by));
}

// How many bytes the units of a sample hold; the last of the device may be short.
function bytesOfSample(sample, size) {
  const unit = BigInt(sample.unit_bytes);
  return Number(BigInt(sample.sampled_units) * unit - ((unit - (BigInt(size) % unit)) % unit));
}

function checkGuarantee({ units, strata, sampled_units, differing_units, missed_per_million }) {
  if (sampled_units === units) {
    return; // all of it was read
  }
  const where = "verification.sample.differing_units";
  const missed = missed_per_million / MILLION;
  if (differing_units < 1 || differing_units > units || missed > 1) {
    refuseField(where, "没有这样的保证", "no such guarantee");
  }
  if (differing_units === units) {
    return; // whichever is drawn shows it
  }
  const bad = differing_units / (strata * dividedUp(units, strata));
  if (missed === 0 || strata * Math.log1p(-bad) > Math.log(missed) + ROUNDING) {
    refuseField(where, "保证超过了抽样能证明的", "promises more than the sample proves");
  }
}

function checkNotReached(statement) {
  let end = 0;
  let total = 0;
  for (const [index, gap] of statement.not_reached.entries()) {
    if (gap.from_byte < end || gap.from_byte >= gap.to_byte) {
      refuseField(`not_reached[${index}]`, "空的、重叠的或次序不对", "empty, overlapping or unsorted");
    }
    end = gap.to_byte;
    total += end - gap.from_byte;
  }
  if (end > statement.device.size_bytes) {
    refuseField("not_reached", "超出设备范围", "not within the device");
  }
  if (total !== statement.not_reached_bytes) {
    refuseField("not_reached_bytes", "与各范围之和不符", "not the sum of the ranges");
  }
}

function checkCertificate(statement) {
  if (statement.outcome !== "verified") {
    refuseField("outcome", "证明只能是 verified", "a certificate needs: verified");
  }
  if (statement.device.size_bytes === 0 || statement.passes.length === 0) {
    refuseField("passes", "什么也没有写", "nothing was written");
  }
  statement.passes.forEach((onePass, index) => checkWholePass(statement, onePass, `passes[${index}]`));
  checkWholeVerification(statement);
  const last = statement.passes.at(-1).pattern;
  // Without the key nobody could recheck the device against the certificate.
  if (last.kind === "stream" && !Object.hasOwn(last, "key_hex")) {
    refuseField("passes[-1].pattern.key_hex", "密钥必须公开", "the key must be published");
  }
  checkProbes(statement, last);
}

// A last pass that is bound to no position proves no capacity: probes must have done that.
function checkProbes(statement, last) {
  if (last.kind === "fixed" && !Object.hasOwn(statement, "probes")) {
    refuseField("probes", "没有核对容量", "the capacity was not probed");
  }
  if (Object.hasOwn(statement, "probes") && statement.probes.outcome !== "fit") {
    refuseField("probes.outcome", "探针没有通过", "the probes did not fit");
  }
}

function checkWholePass(statement, onePass, where) {
  const deviceBytes = statement.device.size_bytes;
  if (onePass.outcome !== "completed") {
    refuseField(`${where}.outcome`, "没有写完", "not completed");
  }
  for (const name of ["size_bytes", "written_bytes"]) {
    if (onePass[name] !== deviceBytes) {
      refuseField(`${where}.${name}`, "不等于设备容量", "not the size of the device");
    }
  }
  let reached = 0;
  for (const attempt of [...onePass.attempts].sort((a, b) => a.from_byte - b.from_byte)) {
    if (attempt.from_byte <= reached) {
      reached = Math.max(reached, attempt.to_byte);
    }
  }
  if (reached !== deviceBytes) {
    refuseField(`${where}.attempts`, "合起来没有写满", "together they do not cover the device");
  }
}

function checkWholeVerification(statement) {
  const { verification, passes } = statement;
  const size = statement.device.size_bytes;
  const sampled = verification.kind === "sampled";
  const verified = sampled ? bytesOfSample(verification.sample, size) : size;
  const expected = {
    kind: sampled ? "sampled" : "full",
    pass_number: passes.length,
    verified_bytes: verified,
    mismatched_bytes: 0,
    unread_bytes: size - verified,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (verification[name] !== value) {
      refuseField(`verification.${name}`, `证明要求 ${value}`, `a certificate needs ${value}`);
    }
  }
  if (sampled && !statement.not_checked.includes("verification-sampled")) {
    refuseField("not_checked", "没有写明是抽样", "does not say that it was a sample");
  }
  if (statement.not_reached.length > 0) {
    refuseField("not_reached", "证明里必须是空的", "a certificate needs an empty list");
  }
}

function checkNotice(statement) {
  const { kind } = statement.notice;
  if (!OUTCOMES_OF_NOTICE[kind].includes(statement.outcome)) {
    refuseField("outcome", `与通知种类 ${kind} 矛盾`, `contradicts a notice of kind ${kind}`);
  }
  if (statement.outcome === "indeterminate") {
    // The job may go on, and whoever knew the key could fake what is still to be written.
    for (const [index, onePass] of statement.passes.entries()) {
      if (Object.hasOwn(onePass.pattern, "key_hex")) {
        refuseField(`passes[${index}].pattern.key_hex`, "现在不能公开密钥", "must be withheld");
      }
    }
  }
}
