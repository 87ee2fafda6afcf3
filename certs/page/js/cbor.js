// CBOR in its one spelling; as certs/cbor.py. Integers become BigInt, maps become Map.
//
// A number that ends beyond the bytes is not looked for: whatever comes after it does not fit.

const CBOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 };
const CBOR_ARGUMENT_BYTES = { 24: 1, 25: 2, 26: 4, 27: 8 };
const LONGEST_SHORT = 23;
const refuseCbor = refusing("cbor", "二维码的内容写法不对", "Wrong encoding inside the code", {
  zh: "请重新扫一次整个二维码；还是不行就向出具方核实。",
  en: "Scan the whole code once more; if that does not help, ask the issuer.",
});

function decodeCbor(data) {
  const [value, end] = cborValue(data, 0, 0);
  if (end !== data.length) {
    refuseCbor("后面还有多余的字节", "bytes after its end");
  }
  return value;
}

// Returns a value, and where the next one begins.
function cborValue(data, start, depth) {
  if (depth > DATA.most_cbor_depth) {
    refuseCbor("层数太多", "too deep");
  }
  const { kind, argument, at } = cborHead(data, start);
  switch (kind) {
    case CBOR.unsigned:
      return [argument, at];
    case CBOR.negative:
      return [-1n - argument, at];
    case CBOR.bytes:
    case CBOR.text:
      return cborString(data, kind, at, at + Number(argument));
    case CBOR.array:
      return cborArray(data, argument, at, depth);
    case CBOR.map:
      return cborMap(data, argument, at, depth);
    default:
      return refuseCbor("有不允许的类型", "a kind of value that does not belong");
  }
}

function cborHead(data, start) {
  if (start >= data.length) {
    refuseCbor("提前结束", "an early end");
  }
  const [kind, low] = [data[start] >> 5, data[start] & 0x1f];
  if (low <= LONGEST_SHORT) {
    return { kind, argument: BigInt(low), at: start + 1 };
  }
  const size = CBOR_ARGUMENT_BYTES[low];
  if (size === undefined) {
    refuseCbor("长度没有写明", "a length that is not given");
  }
  const argument = BigInt(`0x0${hexOf(data.subarray(start + 1, start + 1 + size))}`);
  if (argument <= LONGEST_SHORT || argument < 1n << BigInt(4 * size)) {
    refuseCbor("没有用最短写法", "not in its shortest form");
  }
  return { kind, argument, at: start + 1 + size };
}

function cborString(data, kind, at, end) {
  if (end > data.length) {
    refuseCbor("提前结束", "an early end");
  }
  const content = data.subarray(at, end);
  const value = kind === CBOR.bytes ? content : textOf(content);
  if (value === null) {
    refuseCbor("文字不是 UTF-8", "text that is not UTF-8");
  }
  return [value, end];
}

function cborArray(data, length, start, depth) {
  const items = [];
  let at = start;
  for (let left = length; left > 0n; left -= 1n) {
    const [item, end] = cborValue(data, at, depth + 1);
    items.push(item);
    at = end;
  }
  return [items, at];
}

function cborMap(data, length, start, depth) {
  const items = new Map();
  let at = start;
  let before = "";
  for (let left = length; left > 0n; left -= 1n) {
    const [key, end] = cborValue(data, at, depth + 1);
    if (typeof key !== "bigint") {
      refuseCbor("键不是整数", "a key that is no integer");
    }
    const spelled = hexOf(data.subarray(at, end));
    if (spelled <= before) {
      refuseCbor("键的次序不对或重复", "keys unsorted or twice");
    }
    before = spelled;
    const [value, after] = cborValue(data, end, depth + 1);
    items.set(key, value);
    at = after;
  }
  return [items, at];
}

// The head of a value of ours.
function cborHeadOf(kind, argument) {
  const size = [1, 2, 4].find((each) => argument < 2 ** (8 * each));
  const low = { 1: 24, 2: 25, 4: 26 }[size];
  const digits = Uint8Array.from({ length: size }, (_, at) => argument >> (8 * (size - 1 - at)));
  return argument <= LONGEST_SHORT
    ? Uint8Array.of((kind << 5) | argument)
    : joined(Uint8Array.of((kind << 5) | low), digits);
}

function cborBytes(content) {
  return joined(cborHeadOf(CBOR.bytes, content.length), content);
}
