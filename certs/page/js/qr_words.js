// What an accepted code is worth, in words; as certs/qr_report.py.

const SIGNED = "signed";

// A code of an erasure is never more than signed: it has no status that is green.
function codeStatus({ type, outcome }, known) {
  if (!known) {
    return "signer-unknown";
  }
  if (KIND_OF[type].certifies) {
    return SIGNED;
  }
  return DATA.not_erased_outcomes.includes(outcome) ? "not-erased" : "inconclusive";
}

function codeLines(claims, chain, known, compared) {
  const status = codeStatus(claims, known);
  const unknown = chain.rootKnown ? DATA.words.signer_unknown_not_learned : DATA.words.signer_unknown_no_root;
  const sentences = { [SIGNED]: aloneSentence(claims), "signer-unknown": unknown };
  return [
    compared ? DATA.qr.same : (sentences[status] ?? DATA.sentences[status]),
    ...(claims.practice ? [{ zh: "这是练习，不是证明。", en: "Practice: this is no certificate." }] : []),
    ...(claims.identityStrength === "medium" ? [] : [DATA.weak_identity]),
    ...codeGradeLines(claims),
    codeSignedLine(claims, chain),
  ];
}

function aloneSentence({ type, verification }) {
  const alone = DATA.words.code_alone;
  const said = KIND_OF[type].of_phone ? DATA.qr.by_itself : DATA.qr.read_back[verification];
  return { zh: alone.zh.replace("{}", said.zh), en: alone.en.replace("{}", said.en) };
}

function codeCompareLine({ type, documentId, model, serial, sizeBytes }) {
  const name = KIND_OF[type].of_phone ? DATA.qr.phone_name : { zh: "序列号", en: "serial" };
  const names = [
    ["型号", "model", model],
    [name.zh, name.en, serial],
  ].filter(([, , value]) => value !== null);
  const size = sizeBytes === null ? null : grouped(sizeBytes);
  const zh = [...names.map(([said, , value]) => `${said} ${shown(value)}`), ...(size === null ? [] : [`容量 ${size} 字节`])];
  const en = [...names.map(([, said, value]) => `${said} ${shown(value)}`), ...(size === null ? [] : [`size ${size} bytes`])];
  if (zh.length === 0) {
    return { zh: `请核对编号：${documentId}。`, en: `Compare the number of the document: ${documentId}.` };
  }
  return {
    zh: `请和手里的设备核对：${zh.join("，")}。`,
    en: `Compare with the device in your hand: ${en.join(", ")}.`,
  };
}

function codeGradeLines({ grade }) {
  if (grade === null) {
    return [];
  }
  const words = DATA.qr.axes.map((axis, at) => [DATA.qr.axis_names[axis], DATA.qr.grade_names[grade[at]]]);
  const zh = words.map(([axis, word]) => axis.zh + word.zh).join("；");
  const en = words.map(([axis, word]) => `${axis.en} ${word.en}`).join("; ");
  return [{ zh: `可用程度：${zh}。`, en: `Usability: ${en}.` }];
}

function codeSignedLine(claims, chain) {
  const at = spelledClaims(claims).issued_at.replace("T", " ").replace("Z", " UTC");
  const { documentId: document, method } = claims;
  return {
    zh: `文件 ${document}，方法 ${method}，${at} 由 ${chain.signerName} 签发（时间以签发方的时钟为准）。`,
    en: `Document ${document}, method ${method}, signed ${at} by ${chain.signerName} (time by the signer's clock).`,
  };
}
