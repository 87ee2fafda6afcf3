// A certificate, as much of it as matters here. By hand, strict: DER only, version 3 only.
//
// Stricter than certs/chain.py where nobody issues otherwise: a public key is uncompressed, names
// are UTF8String, PrintableString or IA5String, there are no unique identifiers. Laxer in one
// point: of extensions that are not critical, only the identifiers of keys are read.

const TAG = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, printable: 0x13,
  ia5: 0x16, utcTime: 0x17, generalTime: 0x18, sequence: 0x30, set: 0x31, version: 0xa0,
  extensions: 0xa3, issuerKey: 0x80, issuerNames: 0xa1, issuerSerial: 0x82,
};
const VERSION_3 = "020102";
// AlgorithmIdentifiers whole. Source: RFC 5480 §2.1.1.1, RFC 5758 §3.2.
const ECDSA_WITH_SHA256 = "300a06082a8648ce3d040302";
const P256_KEY = "3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04";
const SPKI_BYTES = 91;
// Bytes of a value, least and most. Source: RFC 5280 appendix A.1.
const NAME_LIMITS = {
  "2.5.4.3": [1, 64], "2.5.4.6": [2, 2], "1.3.6.1.4.1.311.60.2.1.3": [2, 2],
};
const OID = {
  organization: "2.5.4.10", keyUsage: "2.5.29.15", constraints: "2.5.29.19",
  subjectKey: "2.5.29.14", authorityKey: "2.5.29.35",
};
// Source: RFC 4514 §3.
const SHORT_NAMES = {
  "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
  "2.5.4.6": "C", "2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC",
  "0.9.2342.19200300.100.1.1": "UID",
};

const CHAIN_HINT = {
  zh: "不要相信这份文件。请确认根证书来自可靠的渠道，并向出具方核实。",
  en: "Do not trust this document. Make sure of where your root came from and ask the issuer.",
};
const refuseChain = refusing("chain", "签名方的证书有问题", "Wrong signer", CHAIN_HINT);

function refuseUnreadable() {
  refuseChain("证书读不懂", "a certificate that cannot be read");
}

// Reads one DER element after the other.
class Der {
  constructor(bytes) {
    this.rest = bytes;
  }

  has(tag) {
    return this.rest.length > 0 && this.rest[0] === tag;
  }

  // Returns the whole element, whose content is read from `within`.
  take(tag) {
    if (!this.has(tag) || this.rest.length < 2) {
      refuseUnreadable();
    }
    const longBytes = this.rest[1] > 0x80 ? this.rest[1] - 0x80 : 0;
    const start = 2 + longBytes;
    let length = longBytes ? 0 : this.rest[1];
    for (const byte of this.rest.subarray(2, start)) {
      length = length * 256 + byte;
    }
    const shortest = longBytes ? length > 0x7f && this.rest[2] !== 0 : length !== 0x80;
    if (longBytes > 3 || !shortest || start + length > this.rest.length) {
      refuseUnreadable();
    }
    const whole = this.rest.subarray(0, start + length);
    this.rest = this.rest.subarray(start + length);
    return { whole, content: whole.subarray(start) };
  }

  within(tag) {
    return new Der(this.take(tag).content);
  }

  ended() {
    if (this.rest.length > 0) {
      refuseUnreadable();
    }
  }
}

// Returns one certificate of a chain; refuses what cannot be read or is not ECDSA on P-256.
async function readLink(der) {
  const file = new Der(der);
  const certificate = file.within(TAG.sequence);
  file.ended();
  const body = certificate.take(TAG.sequence);
  const algorithm = hexOf(certificate.take(TAG.sequence).whole);
  const signature = bitsOf(certificate.take(TAG.bits).content);
  certificate.ended();
  const parts = readBody(new Der(body.content));
  if (!hexOf(parts.spki).startsWith(P256_KEY) || parts.spki.length !== SPKI_BYTES) {
    refuseChain("密钥不是 P-256", "a key that is not on P-256");
  }
  if (algorithm !== ECDSA_WITH_SHA256) {
    refuseChain("证书不是用 ECDSA 和 SHA-256 签的", "a certificate not signed by ECDSA with SHA-256");
  }
  const subject = readName(parts.subject);
  return {
    ...parts,
    ...readExtensions(parts.extensions),
    der,
    body: body.whole,
    algorithm,
    signature,
    issuerName: readName(parts.issuer),
    subjectName: subject,
    name: shown(nameText(subject), 200),
    key: await importedKey(parts.spki),
  };
}

function readBody(body) {
  if (hexOf(body.take(TAG.version).content) !== VERSION_3) {
    refuseUnreadable();
  }
  const serial = body.take(TAG.integer).content;
  if (!isPositive(serial)) {
    refuseUnreadable();
  }
  const innerAlgorithm = hexOf(body.take(TAG.sequence).whole);
  const issuer = body.take(TAG.sequence).whole;
  const validity = body.within(TAG.sequence);
  const [notBefore, notAfter] = [certificateTime(validity), certificateTime(validity)];
  validity.ended();
  const subject = body.take(TAG.sequence).whole;
  const spki = body.take(TAG.sequence).whole;
  const extensions = body.has(TAG.extensions) ? body.within(TAG.extensions) : null;
  body.ended();
  return { innerAlgorithm, issuer, notBefore, notAfter, subject, spki, extensions };
}

function isPositive(integer) {
  const padded = integer.length > 1 && integer[0] === 0 && !(integer[1] & 0x80);
  return integer.length > 0 && !padded && !(integer[0] & 0x80) && integer.some((byte) => byte);
}

function certificateTime(validity) {
  const short = validity.has(TAG.utcTime);
  const text = latin1Of(validity.take(short ? TAG.utcTime : TAG.generalTime).content);
  const whole = short ? (text < "50" ? "20" : "19") + text : text;
  const parts = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/.exec(whole);
  const at = parts && timeOf(`${parts.slice(1, 4).join("-")}T${parts.slice(4).join(":")}Z`);
  if (at === null) {
    refuseUnreadable();
  }
  return at;
}

// The bytes of a BIT STRING without unused bits.
function bitsOf(content) {
  if (content.length === 0 || content[0] !== 0) {
    refuseUnreadable();
  }
  return content.subarray(1);
}

// A name as a list of sets of [type, value].
function readName(der) {
  const sets = new Der(der).within(TAG.sequence);
  const name = [];
  while (sets.rest.length > 0) {
    const set = sets.within(TAG.set);
    const attributes = [];
    while (set.rest.length > 0) {
      attributes.push(readAttribute(set.within(TAG.sequence)));
    }
    if (attributes.length === 0) {
      refuseUnreadable();
    }
    name.push(attributes);
  }
  return name;
}

function readAttribute(attribute) {
  const type = oidOf(attribute.take(TAG.oid).content);
  // Of a string of another kind there is no such tag, and nothing is taken.
  const tag = [TAG.utf8, TAG.printable, TAG.ia5].find((each) => attribute.has(each));
  const content = attribute.take(tag).content;
  attribute.ended();
  const value = textOf(content);
  const [least, most] = NAME_LIMITS[type] ?? [0, Infinity];
  if (value === null || content.length < least || content.length > most) {
    refuseUnreadable();
  }
  return [type, value];
}

function oidOf(content) {
  const numbers = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (!(byte & 0x80)) {
      numbers.push(value);
      value = 0;
    }
  }
  if (numbers.length === 0 || content.at(-1) & 0x80) {
    refuseUnreadable();
  }
  const first = Math.min(Math.floor(numbers[0] / 40), 2);
  return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join(".");
}

// Names are compared by what they say, whatever the type of their strings.
function sameName(left, right) {
  const spelled = (name) => JSON.stringify(name.map((set) => set.map((pair) => pair.join("=")).sort()));
  return spelled(left) === spelled(right);
}

// As RFC 4514 writes it: the last part first.
function nameText(name) {
  const part = ([type, value]) => `${SHORT_NAMES[type] ?? type}=${escapedName(value)}`;
  return [...name].reverse().map((set) => set.map(part).join("+")).join(",");
}

function escapedName(value) {
  return value
    .replace(/[\\",+;<>]/g, "\\$&")
    .replaceAll("\0", "\\00")
    .replace(/^(?:#| (?=.))/s, "\\$&")
    .replace(/ $/, "\\ ");
}

function isPracticeName(name) {
  return name.flat().some(([type, value]) => type === OID.organization && value === DATA.practice_organization);
}

function readExtensions(field) {
  const found = { isAuthority: false, pathLength: null, signsCertificates: false, signsDocuments: false };
  if (field === null) {
    return found;
  }
  const list = field.within(TAG.sequence);
  field.ended();
  const seen = new Set();
  while (list.rest.length > 0) {
    const extension = list.within(TAG.sequence);
    const type = oidOf(extension.take(TAG.oid).content);
    const critical = flagIn(extension);
    const value = new Der(extension.take(TAG.octets).content);
    extension.ended();
    if (seen.has(type)) {
      refuseUnreadable();
    }
    seen.add(type);
    if (type === OID.constraints) {
      Object.assign(found, readConstraints(value));
    } else if (type === OID.keyUsage) {
      Object.assign(found, readUsage(value));
    } else if (type === OID.subjectKey && !critical) {
      value.take(TAG.octets);
      value.ended();
    } else if (type === OID.authorityKey && !critical) {
      readAuthorityKey(value);
    } else if (critical) {
      refuseChain("有不认识的关键扩展", "an unknown critical extension");
    }
  }
  return found;
}

// Which key signed is found by trying; that it is named in the right form is all that is asked.
function readAuthorityKey(value) {
  const named = value.within(TAG.sequence);
  value.ended();
  if (named.has(TAG.issuerKey)) {
    named.take(TAG.issuerKey);
  }
  if (named.has(TAG.issuerNames)) {
    named.take(TAG.issuerNames);
    named.take(TAG.issuerSerial);
  }
  named.ended();
}

// A BOOLEAN DEFAULT FALSE: there and true, or not there.
function flagIn(sequence) {
  if (!sequence.has(TAG.boolean)) {
    return false;
  }
  if (hexOf(sequence.take(TAG.boolean).content) !== "ff") {
    refuseUnreadable();
  }
  return true;
}

function readConstraints(value) {
  const constraints = value.within(TAG.sequence);
  value.ended();
  const isAuthority = flagIn(constraints);
  const limited = constraints.has(TAG.integer);
  const digits = limited ? constraints.take(TAG.integer).content : Uint8Array.of(0);
  constraints.ended();
  if (!(isPositive(digits) || hexOf(digits) === "00") || digits.length > 4 || (limited && !isAuthority)) {
    refuseUnreadable();
  }
  return { isAuthority, pathLength: limited ? parseInt(hexOf(digits), 16) : null };
}

// Source: RFC 5280 §4.2.1.3; the first bit is the highest of the first byte.
function readUsage(value) {
  const content = value.take(TAG.bits).content;
  value.ended();
  const unused = content[0];
  const last = content.length > 1 ? content.at(-1) : 0;
  if (!(unused < 8) || (unused > 0 && content.length < 2) || last & ((1 << unused) - 1)) {
    refuseUnreadable();
  }
  const bits = content.length > 1 ? content[1] : 0;
  return { signsDocuments: Boolean(bits & 0x80), signsCertificates: Boolean(bits & 0x04) };
}

async function importedKey(spki) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]).catch(() => null);
  if (key === null) {
    refuseUnreadable();
  }
  return key;
}

async function fits(key, raw, data) {
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, data);
}
