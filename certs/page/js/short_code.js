// A document's short code; as certs/short_code.py.

const CODE_CHARACTERS = 10;
const CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHECKS = `${CODE_ALPHABET}*~$=U`;

// Of a document by its SHA-256, in hex.
function shortCodeOf(digest) {
  const number = BigInt(`0x${digest}`) >> BigInt(256 - 5 * CODE_CHARACTERS);
  const place = (at) => CODE_ALPHABET[Number((number >> BigInt(5 * (CODE_CHARACTERS - 1 - at))) & 31n)];
  return Array.from({ length: CODE_CHARACTERS }, (_, at) => place(at)).join("") + checkOf(number);
}

function checkOf(number) {
  return CODE_CHECKS[Number(number % BigInt(CODE_CHECKS.length))];
}

// As it is printed: ABCDE-FGHJK-M.
function groupedCode(code) {
  return `${code.slice(0, 5)}-${code.slice(5, CODE_CHARACTERS)}-${code.slice(CODE_CHARACTERS)}`;
}

// What somebody read out or typed, as a code; null where it is none. Grouping and case do not
// matter, and letters that look like digits are those digits.
function typedCode(text) {
  const code = text.replace(/[ \t\r\n-]/g, "").toUpperCase().replace(/[IL]/g, "1").replaceAll("O", "0");
  const digits = Array.from(code.slice(0, CODE_CHARACTERS), (character) => CODE_ALPHABET.indexOf(character));
  if (!/^[\0-\x7f]*$/.test(text) || digits.length !== CODE_CHARACTERS || digits.includes(-1)) {
    return null;
  }
  const number = digits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
  return code.slice(CODE_CHARACTERS) === checkOf(number) ? code : null;
}
