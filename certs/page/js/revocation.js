// Which keys of stations and issuers count no longer, by the root's word; as certs/revocation.py.

const LIST_HINT = {
  zh: "请从出具方重新取最新的 revoked.json 和 revoked.sig（两个文件要同一版）。",
  en: "Fetch the latest revoked.json and revoked.sig from the issuer, both of one version.",
};
const refuseList = refusing("revocation", "作废名单不能用", "The revocation list is no good", LIST_HINT);

// Returns the list's version and time, and its entry about the signer or the nearest issuer, or null.
async function checkNotRevoked(given, rootPem, chain, logKey, logged) {
  const list = await readList(given, rootPem);
  const standing = { version: list.version, issuedAt: list.issued_at, entry: null, whose: null };
  // From the top, so that the entry nearest to the signer is the one that is told of.
  for (const keyId of [chain.keyId, ...chain.issuerKeyIds].reverse()) {
    const entry = list.entries.find((each) => each.key_id === keyId);
    if (entry === undefined) {
      continue;
    }
    const whose = keyId === chain.keyId ? DATA.signers_key : DATA.issuers_key;
    if (!isCovered(entry, logKey, logged)) {
      refuseRevoked(entry, whose);
    }
    Object.assign(standing, { entry, whose });
  }
  return standing;
}

function refuseRevoked(entry, whose) {
  const why = DATA.revocation_reasons[entry.reason];
  const message = {
    zh: `${whose.zh}已经作废：${why.zh}（${entry.revoked_at}）。`,
    en: `${whose.en} was revoked: ${why.en} (${entry.revoked_at}).`,
  };
  refuseAt("revocation", message, BINDING_HINT);
}

// Whether a document still counts by its place in the log, which must have been checked to its end.
function isCovered(entry, logKey, logged) {
  const size = entry.last_trusted_log_size;
  if (size === UNKNOWN || logged === null || !logged.signatureChecked) {
    return false;
  }
  return [entry.log_key, ...(entry.earlier_log_keys ?? [])].includes(logKey) && logged.index < size;
}

async function readList({ document, signature, versionAtLeast }, rootPem) {
  if (rootPem === null) {
    refuseList("没有根证书，查不了作废名单（--root）", "it cannot be checked without a root");
  }
  const { root, raw } = await asList(async () => {
    const link = await readRoot(rootPem);
    checkIssuer(link, 0);
    return { root: link, raw: rawSignature(signature) };
  });
  if (!(await fits(root.key, raw, document))) {
    refuseList("不是这个根签的，或被改过", "another root signed it, or it was altered");
  }
  const list = await asList(async () => decodeJson(document));
  await checkList(list);
  if (list.root_key_id !== hexOf(await sha256(root.spki))) {
    refuseList("是另一个根的", "it is another root's");
  }
  if (list.version < versionAtLeast) {
    refuseList(
      `是旧的：第 ${list.version} 版，应不低于第 ${versionAtLeast} 版`,
      `version ${list.version} is older than ${versionAtLeast}`,
    );
  }
  return list;
}

// What is wrong with a part of a list is wrong with the list.
async function asList(read) {
  try {
    return await read();
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("revocation", error.text, LIST_HINT) : error;
  }
}

async function checkList(list) {
  checkListFields(list, { ...DATA.list_fields, entries: null });
  const { entries } = list;
  const known = list.schema === DATA.list_schema && list.schema_version === DATA.list_schema_version;
  if (!known || !Array.isArray(entries) || entries.length < 1 || entries.length > DATA.most_list_items) {
    refuseList("格式或版本不认识", "an unknown format or version");
  }
  for (const entry of entries) {
    await checkListEntry(entry);
  }
  const ordered = entries.every(({ key_id }, at) => at === 0 || entries[at - 1].key_id < key_id);
  if (!ordered || list.version < 1) {
    refuseList("条目没有按密钥排好，或有重复", "its entries are not in order, or one is double");
  }
}

async function checkListEntry(entry) {
  if (typeof entry !== "object" || Array.isArray(entry)) {
    refuseList("条目读不懂", "an entry that cannot be read");
  }
  const known = entry.last_trusted_log_size !== UNKNOWN;
  const before = known && Object.hasOwn(entry, "earlier_log_keys") ? { earlier_log_keys: null } : {};
  checkListFields(entry, { ...DATA.list_entry_fields, ...(known ? { log_key: "TEXT" } : {}), ...before });
  if (!Object.hasOwn(DATA.revocation_reasons, entry.reason)) {
    refuseList("不认识的原因", "an unknown reason");
  }
  if (known) {
    await checkLogKeys(entry);
  }
}

// Refuses what are not the keys of one log, each once.
async function checkLogKeys({ log_key: logKey, earlier_log_keys: before }) {
  const listed = before === undefined || (Array.isArray(before) && before.length > 0 && before.length < DATA.most_log_keys);
  if (!listed) {
    refuseList("日志以前的密钥不对", "wrong earlier keys of a log");
  }
  const keys = [logKey, ...(before ?? [])];
  if (!keys.every((key) => isOfKind("TEXT", key)) || new Set(keys).size !== keys.length) {
    refuseList("日志以前的密钥不对", "wrong earlier keys of a log");
  }
  const names = await asList(async () => (await Promise.all(keys.map(readNoteKey))).map(({ name }) => name));
  if (new Set(names).size !== 1) {
    refuseList("日志以前的密钥是另一份日志的", "the earlier keys are another log's");
  }
}

function checkListFields(stated, kinds) {
  const names = Object.keys(kinds);
  const same = names.every((name) => Object.hasOwn(stated, name));
  if (!same || Object.keys(stated).length !== names.length) {
    refuseList("字段不对", "it has other fields than a list has");
  }
  for (const [name, kind] of Object.entries(kinds)) {
    if (kind !== null && !isOfKind(kind, stated[name])) {
      const { wording } = DATA.kinds[kind];
      refuseList(`${name} 应为：${wording}`, `${name}: expected ${wording}`);
    }
  }
}
