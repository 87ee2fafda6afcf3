// The one form of an ECDSA P-256 signature that we accept; as certs/der.py.

// Order of the group of P-256. Source: SEC 2 version 2.0, §2.4.2 (secp256r1).
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P256_BYTES = 32;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

const refuseEncoding = refusing("signature-encoding", "签名的写法不对", "Wrong encoding of the signature", {
  zh: "签名文件被改过或损坏，请向出具方要原件。",
  en: "The signature file was altered or damaged; ask the issuer for the original.",
});

// Returns r and s in 32 bytes each, as WebCrypto wants them.
function rawSignature(signature) {
  const [content, rest] = splitDer(signature, SEQUENCE);
  if (rest.length > 0) {
    refuseEncoding("签名后面还有多余的字节", "bytes after the signature");
  }
  const [r, second] = splitDer(content, INTEGER);
  const [s, more] = splitDer(second, INTEGER);
  if (more.length > 0) {
    refuseEncoding("签名里有多余的内容", "more than two integers");
  }
  return joined(paddedInteger(r), paddedInteger(s));
}

function splitDer(data, tag) {
  if (data.length < 2 || data[0] !== tag) {
    refuseEncoding("结构不对", "wrong structure");
  }
  const length = data[1];
  if (length > 0x7f) {
    refuseEncoding("长度没有用最短写法", "a length that is not in its shortest form");
  }
  if (data.length < 2 + length) {
    refuseEncoding("长度不对", "a length beyond the end");
  }
  return [data.subarray(2, 2 + length), data.subarray(2 + length)];
}

function paddedInteger(content) {
  if (content.length === 0) {
    refuseEncoding("整数是空的", "an empty integer");
  }
  if (content[0] & 0x80) {
    refuseEncoding("整数是负的", "a negative integer");
  }
  if (content.length > 1 && content[0] === 0 && !(content[1] & 0x80)) {
    refuseEncoding("整数前面补了零", "a padded integer");
  }
  const value = BigInt(`0x0${hexOf(content)}`);
  if (value === 0n || value >= P256_ORDER) {
    refuseEncoding("整数超出范围", "an integer out of range");
  }
  const digits = content.subarray(-P256_BYTES);
  return joined(new Uint8Array(P256_BYTES - digits.length), digits);
}
