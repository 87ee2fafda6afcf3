// The tables of fields; as certs/formats/fields.py and statement_v1.py, whose rows are in DATA.

const UNKNOWN = "unknown";
// What each type is: whether it certifies an erasure, is a notice of a job, is about a phone.
const KIND_OF = Object.fromEntries(DATA.documents.map((kind) => [kind.type, kind]));
const STATEMENT_HINT = {
  zh: "请让出具方查明原因并重新出具；也可能需要更新 wipe-cert。",
  en: "Ask the issuer to find the cause and issue it anew; wipe-cert may also need an update.",
};

function refuseField(path, zh, en) {
  refusing("schema", "证明内容不对", "Wrong statement", STATEMENT_HINT)(`${path}：${zh}`, `${path}: ${en}`);
}

const PATTERNS = Object.fromEntries(
  Object.entries(DATA.kinds)
    .filter(([, kind]) => kind.pattern)
    .map(([name, kind]) => [name, new RegExp(`^(?:${kind.pattern})$`)]),
);
const isCount = (value) => Number.isInteger(value) && value >= 0;
const LEAF_CHECKS = {
  BOOLEAN: (value) => typeof value === "boolean",
  TEXT: (value) => typeof value === "string" && value !== "" && [...value].length <= DATA.most_text_characters,
  TIME: (value) => typeof value === "string" && timeOf(value) !== null,
  COUNT: isCount,
  DECIMALS: (value) => isCount(value) && value <= DATA.most_decimals,
  TRUE: (value) => value === true,
  MEASURES: (value) => typeof value === "object" && !Array.isArray(value) && areMeasures(Object.entries(value)),
  COUNT_OR_UNKNOWN: (value) => value === UNKNOWN || isCount(value),
  OBJECT: () => false,
  LIST: () => false,
};

const MEASURE_NAME = new RegExp(`^(?:${DATA.measure_name})$`);

function areMeasures(entries) {
  return (
    entries.length <= DATA.most_measures &&
    entries.every(([name, value]) => MEASURE_NAME.test(name) && isMeasure(value))
  );
}

function isMeasure(value) {
  if (typeof value === "string") {
    return value !== "" && [...value].length <= DATA.most_measure_characters;
  }
  return typeof value === "boolean" || isCount(value);
}

// Whether a value is of a kind; lists and objects are of none.
function isOfKind(kind, value) {
  const pattern = PATTERNS[kind];
  return pattern ? typeof value === "string" && pattern.test(value) : LEAF_CHECKS[kind](value);
}

// A table by the path of its rows, and the names below each path.
function tableOf(fields) {
  const children = new Map();
  for (const row of fields) {
    const cut = row.path.lastIndexOf(".");
    const [parent, name] = [row.path.slice(0, Math.max(cut, 0)), row.path.slice(cut + 1)];
    if (!name.endsWith("[]")) {
      children.set(parent, (children.get(parent) ?? new Map()).set(name, row));
    }
  }
  return { rows: new Map(fields.map((row) => [row.path, row])), children };
}

const JOB_TABLE = tableOf(DATA.job_fields);
const TABLES = Object.fromEntries(
  Object.entries(DATA.formats).map(([type, { fields }]) => [type, tableOf(fields)]),
);

// `of` is the table, and what the document is: {table, kind}.
function checkObject(value, pattern, where, of) {
  const children = of.table.children.get(pattern);
  const pathOf = (name) => (where ? `${where}.${name}` : name);
  for (const name of Object.keys(value)) {
    if (!children.has(name)) {
      refuseField(pathOf(shown(name)), "不认识的字段", "unknown field");
    }
  }
  for (const [name, row] of children) {
    const path = pathOf(name);
    if (Object.hasOwn(value, name)) {
      if (row.required === "NOTICE" && !of.kind.is_notice) {
        refuseField(path, "只能出现在通知书里", "belongs in notices only");
      }
      checkValue(value[name], row.path, path, of);
    } else if (mustStand(row.required, of.kind)) {
      refuseField(path, "缺少这个字段", "missing");
    }
  }
}

function mustStand(required, kind) {
  return (
    required === "ALWAYS" ||
    (required === "CERTIFICATE" && kind.certifies) ||
    (required === "NOTICE" && kind.is_notice)
  );
}

function checkValue(value, pattern, where, of) {
  const row = of.table.rows.get(pattern);
  const kind = row ? row.kind : "OBJECT";
  if (kind === "LIST" && Array.isArray(value)) {
    if (value.length > DATA.most_list_items) {
      refuseField(where, `超过 ${DATA.most_list_items} 项`, `more than ${DATA.most_list_items} items`);
    }
    value.forEach((item, at) => checkValue(item, `${pattern}[]`, `${where}[${at}]`, of));
  } else if (kind === "OBJECT" && typeof value === "object" && !Array.isArray(value)) {
    checkObject(value, pattern, where, of);
  } else if (!isOfKind(kind, value)) {
    const wording = DATA.kinds[kind].wording;
    refuseField(where, `应为：${wording}`, `expected: ${wording}`);
  } else if (row.values.length > 0 && !row.values.includes(value)) {
    const allowed = row.values.join(" | ");
    refuseField(where, `只能是：${allowed}`, `expected one of: ${allowed}`);
  }
}

async function checkStatement(statement) {
  if (statement.schema !== DATA.schema) {
    refuseField("schema", `应为 ${DATA.schema}`, `expected ${DATA.schema}`);
  }
  if (statement.schema_version !== DATA.schema_version) {
    refuseField("schema_version", "这个版本的程序不认识", "unknown to this version of the program");
  }
  const { type } = statement;
  if (typeof type !== "string" || !Object.hasOwn(KIND_OF, type)) {
    const allowed = Object.keys(KIND_OF).join(" | ");
    refuseField("type", `只能是：${allowed}`, `expected one of: ${allowed}`);
  }
  checkObject(statement, "", "", { table: TABLES[type] ?? JOB_TABLE, kind: KIND_OF[type] });
  await checkHead(statement);
  if (formatOf(statement) === null) {
    checkJobRules(statement);
  } else {
    checkDocumentRules(statement);
  }
}

// How a type is described; null for those about a drive.
function formatOf({ type }) {
  return Object.hasOwn(DATA.formats, type) ? DATA.formats[type] : null;
}
