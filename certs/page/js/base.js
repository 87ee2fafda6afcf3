// Bytes, text, and what a refusal is. Nothing here touches the document.

// `layer` is where a document was refused, as in certs/errors.py; message and hint are {zh, en}.
class Refusal extends Error {
  constructor(layer, message, hint) {
    super(message.en);
    this.layer = layer;
    this.text = message;
    this.hint = hint;
  }
}

function refuseAt(layer, message, hint) {
  throw new Refusal(layer, message, hint);
}

// Returns a function that refuses at a layer, under a heading that all its refusals share.
function refusing(layer, zhHead, enHead, hint) {
  return (zh, en) => {
    throw new Refusal(layer, { zh: `${zhHead}：${zh}。`, en: `${enHead}: ${en}.` }, hint);
  };
}

const SHOWN_CHARACTERS = 80;
const INVISIBLE = /[\p{C}\p{Z}]/u;

// A foreign string, safe to show: control and invisible characters escaped, shortened.
function shown(text, most = SHOWN_CHARACTERS) {
  const characters = [...text];
  const escaped = characters.slice(0, most).map((c) => (isInvisible(c) ? escapedOf(c) : c)).join("");
  return characters.length <= most ? escaped : escaped + "…";
}

function isInvisible(character) {
  return character !== " " && INVISIBLE.test(character);
}

function escapedOf(character) {
  const short = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
  const digits = character.codePointAt(0).toString(16);
  const long = digits.length > 4 ? `\\U${digits.padStart(8, "0")}` : `\\u${digits.padStart(4, "0")}`;
  return short ?? (digits.length > 2 ? long : `\\x${digits.padStart(2, "0")}`);
}

function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Bytes as characters of the same number.
function latin1Of(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 4096) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  }
  return pieces.join("");
}

function bytesOf(text) {
  return new TextEncoder().encode(text);
}

// The text in UTF-8, a mark at its beginning included; null where it is none.
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

// Padded base64, whatever its last bits; null where it is none.
function base64Of(text) {
  return BASE64.test(text) ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : null;
}

// The same in its one spelling; null where it is another.
function strictBase64Of(text) {
  const data = base64Of(text);
  return data !== null && toBase64(data) === text ? data : null;
}

function toBase64(bytes) {
  return btoa(latin1Of(bytes));
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

// Milliseconds of a time YYYY-MM-DDTHH:MM:SSZ; null where there is no such time.
function timeOf(text) {
  const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text)
    ? Date.parse(text)
    : NaN;
  const real = !Number.isNaN(at) && new Date(at).toISOString() === text.replace("Z", ".000Z");
  return real && !text.startsWith("0000") ? at : null;
}
