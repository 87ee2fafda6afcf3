// Canonical JSON; as certs/canonical.py. What a reader makes of other spellings (a key that stands
// twice, a float, a number beyond binary64) does not matter: written again, it is not the same text.

const refuseJson = refusing("canonical-json", "不是规范的 JSON", "Not canonical JSON", {
  zh: "请拿原来的文件再试；文件不能用编辑器打开后再保存。",
  en: "Try the original file again; it must not have been opened and saved by an editor.",
});
const FORBIDDEN_CHARACTERS = /[\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

// The data are within their limit: of a document that of its file, of a log's entry its own.
function decodeJson(data) {
  const text = textOf(data);
  if (text === null) {
    refuseJson("不是 UTF-8", "not UTF-8");
  }
  checkDepth(text);
  const value = parsedJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuseJson("最外层不是对象", "the outermost value is not an object");
  }
  if (encodeJson(value) !== text) {
    refuseJson("不是规范写法", "another spelling than the canonical one");
  }
  return value;
}

// Before parsing, because what follows recurses.
function checkDepth(text) {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString && character === "\\") {
      at += 1;
    } else if (character === '"') {
      inString = !inString;
    } else if (!inString && (character === "[" || character === "{")) {
      depth += 1;
    } else if (!inString && (character === "]" || character === "}")) {
      depth -= 1;
    }
    if (depth > DATA.most_json_depth) {
      refuseJson(`超过 ${DATA.most_json_depth} 层`, `more than ${DATA.most_json_depth} levels deep`);
    }
  }
}

function parsedJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return refuseJson("不是 JSON", "not JSON");
  }
}

function encodeJson(value) {
  if (typeof value === "string") {
    return encodeString(value);
  }
  if (typeof value === "number") {
    return encodeInteger(value);
  }
  if (value === null) {
    refuseJson("不支持的类型 NoneType", "unsupported type NoneType");
  }
  if (Array.isArray(value)) {
    return `[${value.map(encodeJson).join(",")}]`;
  }
  if (typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${encodeString(name)}:${encodeJson(value[name])}`).join(",")}}`;
  }
  return String(value);
}

function encodeString(value) {
  if (FORBIDDEN_CHARACTERS.test(value)) {
    refuseJson("有不允许的字符", "a surrogate or noncharacter in a string");
  }
  return JSON.stringify(value);
}

function encodeInteger(value) {
  if (!Number.isInteger(value)) {
    refuseJson("有小数", "a float");
  }
  if (!Number.isSafeInteger(value)) {
    refuseJson("整数太大", "an integer beyond 2^53-1");
  }
  return String(value);
}
