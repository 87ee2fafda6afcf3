// What must agree in the head of any document; as certs/formats/head_v1.py.

async function checkHead(statement) {
  await checkLogNamed(statement);
  const isNotice = KIND_OF[statement.type].is_notice;
  const numbered = statement.id.includes("-n");
  if (numbered && !isNotice) {
    refuseField("id", "只有任务的通知书编号带 -n", "only a job's notice has an id with -n");
  }
  if (isNotice && !numbered) {
    refuseField("id", "通知书的编号以 -n 和数字结尾", "a notice's id ends in -n and a number");
  }
}

// A document that names a log names its key, under the log's own name.
async function checkLogNamed(statement) {
  if (statement.log_origin === NO_LOG) {
    if (Object.hasOwn(statement, "log_key")) {
      refuseField("log_key", "没有日志就没有日志的公钥", "no key where there is no log");
    }
    return;
  }
  if (!Object.hasOwn(statement, "log_key")) {
    refuseField("log_key", "缺少这个字段", "missing");
  }
  const key = await readNoteKey(statement.log_key).catch((error) => {
    if (error instanceof Refusal) {
      refuseField("log_key", error.text.zh, error.text.en);
    }
    throw error;
  });
  if (key.name !== statement.log_origin || key.algorithm !== ED25519) {
    refuseField("log_key", "不是这份日志的", "not this log's");
  }
}
