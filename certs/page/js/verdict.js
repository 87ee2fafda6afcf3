// What an accepted document is worth, in words; as certs/verdict.py, whose words are in DATA.

// A page of its own adds one status to certs/verdict.py's: a browser without Ed25519.
const LOG_NOT_CHECKED = "log-not-checked";

function verdictOf(statement, chain, logged, standing, rootLearned) {
  const status = statusOf(statement, logged, rootLearned);
  return {
    status,
    statement,
    compare: compareLine(statement),
    lines: [
      headlineOf(status, statement, chain),
      ...(formatOf(statement) === null ? driveLines(statement) : otherLines(statement)),
      signedLine(statement, chain),
      ...logLines(logged, status),
      ...standingLines(standing),
    ],
  };
}

function driveLines(statement) {
  return [
    ...sampleLines(statement),
    ...warnings(statement),
    ...reasonLines(statement),
    ...claimLines(statement),
  ];
}

function otherLines(statement) {
  const { title, facts } = formatOf(statement);
  const practice = statement.practice ? [DATA.practice] : [];
  return [{ zh: `${title.zh}。`, en: `${title.en}.` }, ...practice, ...factLines(statement, facts)];
}

function statusOf(statement, logged, rootLearned) {
  if (!rootLearned) {
    return "signer-unknown";
  }
  const kind = KIND_OF[statement.type];
  if (!kind.of_job) {
    return "genuine";
  }
  if (kind.is_notice) {
    return DATA.not_erased_outcomes.includes(statement.outcome) ? "not-erased" : "inconclusive";
  }
  return logged === null || logged.signatureChecked ? "erased" : LOG_NOT_CHECKED;
}

function headlineOf(status, statement, chain) {
  const { words } = DATA;
  const own = {
    erased: erasedText(statement),
    "signer-unknown": chain.rootKnown ? words.signer_unknown_not_learned : words.signer_unknown_no_root,
    [LOG_NOT_CHECKED]: words.log_not_checked,
  };
  return own[status] ?? DATA.sentences[status];
}

function erasedText({ type, verification }) {
  if (KIND_OF[type].of_phone) {
    return DATA.erased_by_itself;
  }
  return verification?.kind === "sampled" ? DATA.erased_by_sample : DATA.erased;
}

function compareLine(statement) {
  if (Object.hasOwn(statement, "device")) {
    return compareDevice(statement.device);
  }
  if (Object.hasOwn(statement, "about")) {
    const { document, document_sha256: digest } = statement.about;
    return {
      zh: `请和它说的那份文件核对：${document}，SHA-256 ${digest}。`,
      en: `Compare with the document that it is about: ${document}, SHA-256 ${digest}.`,
    };
  }
  const { id } = statement;
  return { zh: `请核对编号：${id}。`, en: `Compare the number of the document: ${id}.` };
}

function compareDevice(device) {
  const zh = [];
  const en = [];
  if (Object.hasOwn(device, "description")) {
    zh.push(shown(device.description));
    en.push(shown(device.description));
  }
  for (const { kind, value } of device.identifiers) {
    const code = kind.replaceAll("_", "-");
    const known = Object.hasOwn(DATA.identifier_names, code);
    const name = known ? DATA.identifier_names[code] : { zh: kind, en: kind };
    zh.push(`${name.zh} ${shown(value)}`);
    en.push(`${name.en} ${shown(value)}`);
  }
  if (Object.hasOwn(device, "size_bytes")) {
    const size = grouped(device.size_bytes);
    zh.push(`容量 ${size} 字节`);
    en.push(`size ${size} bytes`);
  }
  return {
    zh: `请和手里的设备核对：${zh.join("，")}。`,
    en: `Compare with the device in your hand: ${en.join(", ")}.`,
  };
}

function sampleLines({ verification: { sample } }) {
  if (sample === undefined) {
    return [];
  }
  const percent = `${Number((sample.missed_per_million / 10_000).toPrecision(6))}%`;
  const [units, read] = [grouped(sample.units), grouped(sample.sampled_units)];
  const [differing, unit] = [grouped(sample.differing_units), grouped(sample.unit_bytes)];
  return [
    {
      zh:
        `抽样核对：全盘 ${units} 个单元（每个 ${unit} 字节），读了其中 ${read} 个；` +
        `全盘只要有 ${differing} 个单元不对，漏掉的可能不超过 ${percent}。`,
      en:
        `Sampled: ${read} of ${units} units of ${unit} bytes were read; if at least ${differing} of` +
        ` all ${units} differed anywhere, that would be missed with a probability of at most ${percent}.`,
    },
  ];
}

function warnings(statement) {
  const { device } = statement;
  const siblings = device.siblings_not_covered.map((name) => shown(name)).join(", ");
  const open = statement.not_checked.map((code) =>
    Object.hasOwn(DATA.open_questions, code) ? DATA.open_questions[code] : { zh: code, en: code },
  );
  const openZh = open.map(({ zh }) => zh).join("；");
  const openEn = open.map(({ en }) => en).join("; ");
  const breaks = statement.interruptions.length;
  const found = [
    [statement.practice, DATA.practice.zh, DATA.practice.en],
    [
      device.identity_strength !== "medium",
      "序列号可能不是设备本身的：没有读到介质自己的身份信息。",
      "The serial may not be the device's own: the medium did not identify itself.",
    ],
    [
      breaks > 0,
      `中途断过 ${breaks} 次，之后从停下的地方接着做；时间和原因写在文件里。`,
      `Interrupted ${breaks} time(s) and continued; the document says when and why.`,
    ],
    [siblings, `同一设备上没有处理：${siblings}。`, `Not covered, same device: ${siblings}.`],
    [
      Object.values(device.hidden_areas).includes(UNKNOWN),
      "不清楚有没有隐藏区域。",
      "Hidden areas are unknown.",
    ],
    [open.length > 0, `没有检查：${openZh}。`, `Left open: ${openEn}.`],
  ];
  return found.filter(([applies]) => applies).map(([, zh, en]) => ({ zh, en }));
}

function reasonLines({ notice }) {
  if (notice === undefined) {
    return [];
  }
  const { zh, en } = notice.reason;
  return [{ zh: `原因：${shown(zh, 400)}`, en: `Reason: ${shown(en, 400)}` }];
}

function claimLines({ claim }) {
  if (!Object.hasOwn(DATA.category_names, claim.category)) {
    return [];
  }
  const name = DATA.category_names[claim.category];
  const edition = shown(claim.edition);
  return [
    { zh: `出具方称：${name.zh}，${edition}。`, en: `The issuer claims: ${name.en}, ${edition}.` },
  ];
}

function signedLine(statement, chain) {
  const { id, issued_at: time } = statement;
  return {
    zh: `文件 ${id}，${time} 由 ${chain.signerName} 签发（时间以签发方的时钟为准）。`,
    en: `Document ${id}, signed ${time} by ${chain.signerName} (time by the signer's clock).`,
  };
}

function logLines(logged, status) {
  if (logged === null || status === LOG_NOT_CHECKED) {
    return [];
  }
  const { index, size, signatureChecked } = logged;
  if (!signatureChecked) {
    return [DATA.words.log_not_checked];
  }
  const name = shown(logged.origin);
  return [
    {
      zh: `日志 ${name} 的第 ${index} 条就是它（当时共 ${size} 条）。`,
      en: `Entry ${index} of the log ${name} is about it (${size} entries at the time).`,
    },
  ];
}

function standingLines(standing) {
  if (standing === null) {
    return [];
  }
  const { version, issuedAt, entry, whose } = standing;
  if (entry === null) {
    return [
      {
        zh: `签名方和上级的密钥都不在作废名单上（第 ${version} 版，${issuedAt}）。`,
        en: `Neither the signer's key nor an issuer's is on the revocation list (version ${version}, ${issuedAt}).`,
      },
    ];
  }
  const why = DATA.revocation_reasons[entry.reason];
  return [
    {
      zh: `${whose.zh}后来作废了（${why.zh}）；这份文件在那以前已经进了日志。`,
      en: `${whose.en} was revoked later (${why.en}); the log had this document before.`,
    },
  ];
}
