/** Characters as Python's strings and regular expressions see them; places are in UTF-16 units. */

/** Of Python's `\s`, inside a class: not that of JavaScript. */
export const SPACES = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
/** Of `[^\W\d_]`: letters, and numbers that are no decimal digits. */
export const LETTERS = '\\p{L}\\p{Nl}\\p{No}';
/** Of `\w`. */
export const WORD = '\\p{L}\\p{N}_';

const ONE_SPACE = new RegExp(`[${SPACES}]`);
const LOWER = /^\p{Lowercase}/u;
const UPPER = /^\p{Uppercase}/u;
const LETTER = new RegExp(`^[${LETTERS}]`, 'u');
const FROM_U300 = /[\u0300-\uffff]/;
/** Half of a surrogate pair by itself. */
export const SURROGATE = /\p{Cs}/u;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** @param {string} text */
export const toUtf8 = (text) => encoder.encode(text);

/** Returns the text of UTF-8; what is none becomes U+FFFD. @param {Uint8Array} bytes */
export const fromUtf8 = (bytes) => decoder.decode(bytes);

/** Returns the text of UTF-8. @param {Uint8Array} bytes @throws {RangeError} it is none. */
export function fromStrictUtf8(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    throw new RangeError('it is no UTF-8');
  }
}

/** Returns a text in normalisation form C. @param {string} text */
export const normalize = (text) => (FROM_U300.test(text) ? text.normalize('NFC') : text);

/** @param {string} character a text's first is looked at */
export const isLower = (character) => LOWER.test(character);

/** @param {string} character */
export const isUpper = (character) => UPPER.test(character);

/** @param {string} character */
export const isLetterLike = (character) => LETTER.test(character);

/** @param {string} unit */
export const isSpace = (unit) => ONE_SPACE.test(unit);

/** Whether a text holds a letter in lower case, and none in upper or title case. @param {string} text */
export const isLowerText = (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);

/** @param {string} text @param {(unit: string) => boolean} [isGone] */
export function lstrip(text, isGone = isSpace) {
  let start = 0;
  while (start < text.length && isGone(text[start])) start++;
  return text.slice(start);
}

/** @param {string} text @param {(unit: string) => boolean} [isGone] */
export function rstrip(text, isGone = isSpace) {
  let end = text.length;
  while (end > 0 && isGone(text[end - 1])) end--;
  return text.slice(0, end);
}

/** @param {string} text */
export const strip = (text) => lstrip(rstrip(text));

/** Returns what white space separates: Python's `text.split()`. @param {string} text */
export const splitAtSpaces = (text) => text.match(NO_SPACES) ?? [];

const NO_SPACES = new RegExp(`[^${SPACES}]+`, 'g');

/** The number of code points. @param {string} text */
export function pointCount(text) {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
    if (isPair) count--;
  }
  return count;
}

/** Returns the first code points of a text. @param {string} text @param {number} count */
export const takeFirst = (text, count) =>
  text.length <= count ? text : [...text.slice(0, 2 * count)].slice(0, count).join('');

/** Returns the last code points of a text. @param {string} text @param {number} count */
export const takeLast = (text, count) =>
  text.length <= count ? text : [...text.slice(-2 * count)].slice(-count).join('');

/** Returns the code points of a text. @param {string} text */
export function points(text) {
  const found = new Int32Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const point = /** @type {number} */ (text.codePointAt(i));
    if (point > 0xffff) i++;
    found[count++] = point;
  }
  return count < found.length ? found.slice(0, count) : found;
}

/** Compares UTF-8 bytes, and so code points. @param {Uint8Array} a @param {Uint8Array} b */
export function compareBytes(a, b) {
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Orders by code points. @param {string} a @param {string} b */
export const comparePoints = (a, b) => compareBytes(toUtf8(a), toUtf8(b));
