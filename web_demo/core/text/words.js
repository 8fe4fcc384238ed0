/** A text -> the words in it that a corrector may change, and their case; `text/words.py`. */
import { must } from '../errors.js';
import { LETTERS, SPACES, WORD, isLower, isLowerText, isUpper } from './unicode.js';

const APOSTROPHES = "\u2018\u2019\u02bc\u00b4`";
const APOSTROPHE = new RegExp(`[${APOSTROPHES}]`, 'g');
const L = `[${LETTERS}]`;
const W = `[${WORD}]`;
const WORDS = new RegExp(`${L}[\\u0300-\\u036f]*(?:['${APOSTROPHES}\\u00ad]?${L}[\\u0300-\\u036f]*)*`, 'gu');
const CHUNKS = new RegExp(`[^${SPACES}]+`, 'gu');
// As many backticks before it as behind it; only three and more reach over lines.
const CODE_SPANS = /(?<!`)(`{3,})(?!`)[^]*?(?<!`)\1(?!`)|(?<!`)(`{1,2})(?!`)[^\n]+?(?<!`)\2(?!`)/g;

/** What a run of characters without white space is, by what is found in it. */
const CHUNK_KINDS = new Map(
  Object.entries({
    url: `${W}:\\/\\/|www\\.|${L}\\.${L}{2}|(?<![${WORD}\\/])[~.]{0,2}\\/${W}|${W}[\\/\\\\]${W}+[\\/\\\\]${W}`,
    email: `${W}@${W}`,
    mention: `(?<!${W})@${W}`,
    hashtag: `(?<!${W})#${W}`,
    code: `[_\\\\\\{\\}<>=\\|\\^$]|::|\\(\\)|->|${W}\\[|--${W}|${L}{2}\\.${L}(?![${WORD}.])`,
    abbreviation: `(?<!${W})(?:${L}\\.){2}`,
    number: '\\p{Nd}',
  }).map(([kind, pattern]) => [kind, new RegExp(pattern, 'u')]),
);

/** What no corrector changes unless asked; `capitals` are words of two capitals or more. */
export const PROTECTED_KINDS = [...CHUNK_KINDS.keys(), 'capitals', 'inner_capitals'];

/** @typedef {{start: number, end: number, text: string}} TypedWord places are in UTF-16 units */

/**
 * Returns the words of a text, in order, without what is protected.
 *
 * @param {string} text
 * @param {string[]} kinds of `PROTECTED_KINDS`.
 * @returns {TypedWord[]}
 */
export function findWords(text, kinds = PROTECTED_KINDS) {
  const unknown = kinds.filter((kind) => !PROTECTED_KINDS.includes(kind));
  must(unknown.length === 0, `What is protected must be of ${PROTECTED_KINDS}. Received: ${unknown}.`);
  const patterns = [...CHUNK_KINDS].filter(([kind]) => kinds.includes(kind)).map(([, pattern]) => pattern);
  const isCode = kinds.includes('code') && text.includes('`');
  const content = isCode ? text.replace(CODE_SPANS, (span) => ' '.repeat(span.length)) : text;
  /** @type {TypedWord[]} */
  const found = [];
  for (const { 0: chunk, index: place } of content.matchAll(CHUNKS)) {
    if (!/^\p{L}+$/u.test(chunk) && patterns.some((pattern) => pattern.test(chunk))) continue;
    for (const { 0: word, index } of chunk.matchAll(WORDS)) {
      const capitals = capitalsOf(word);
      const start = place + index;
      if (!capitals || !kinds.includes(capitals)) found.push({ start, end: start + word.length, text: word });
    }
  }
  return found;
}

/** Returns a text with the apostrophes of typewriters. @param {string} text */
export const straighten = (text) => text.replace(APOSTROPHE, "'");

/**
 * Returns a lower-case word with the case of what was typed for it: all, first or none.
 *
 * @param {string} typed @param {string} word
 */
export function withCaseOf(typed, word) {
  if (capitalsOf(typed) === 'capitals') return word.toUpperCase();
  if (!word || !isUpper(typed)) return word;
  const first = String.fromCodePoint(/** @type {number} */ (word.codePointAt(0)));
  return first.toUpperCase() + word.slice(first.length);
}

/** Returns which of the kinds of capitals a word has, if any. @param {string} word */
function capitalsOf(word) {
  if (isLowerText(word)) return null;
  const letters = word.match(/\p{L}/gu) ?? [];
  if (letters.length > 1 && !letters.some(isLower)) return letters.some(isUpper) ? 'capitals' : null;
  return letters.slice(1).some(isUpper) ? 'inner_capitals' : null;
}
