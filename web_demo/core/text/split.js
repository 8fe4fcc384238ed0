/** A text longer than a model takes -> sentences, and pieces that it does take; `text/split.py`. */
import { LETTERS, SPACES, isLower, lstrip, rstrip, strip } from './unicode.js';

const SPACELESS_ENDS = '\u3002\uff01\uff1f';
const SPACELESS_PAUSES = '\u3001\uff0c\uff1b\uff1a';
const SPACELESS = SPACELESS_ENDS + SPACELESS_PAUSES;
const SENTENCE_ENDS = `.!?\u2026${SPACELESS_ENDS}`;
const PAUSES = `,;:\u2013\u2014${SPACELESS_PAUSES}`;
const OPENERS = '"\'([{\u00ab\u2039\u201c\u2018\u201e\u00bf\u00a1-\u2013\u2014';
const CLOSERS = '"\')]}\u00bb\u203a\u201d\u2019\u300d\u300f\uff09';
const [S, END] = [`[${SPACES}]`, `[${SPACELESS}]`];
const NEITHER = `[^${SPACES}${SPACELESS}]`;
const PARTS = new RegExp(`${S}*(?:${NEITHER}*${END}+[${CLOSERS.replace(']', '\\]')}]*|${NEITHER}+)${S}*|${S}+`, 'gu');
const ABBREVIATION = new RegExp(`^(?:[${LETTERS}]\\.|[A-Z][b-df-hj-np-tv-xz]{1,2}\\.)$`, 'u');

/** @param {string} unit */
const isCloser = (unit) => CLOSERS.includes(unit);
/** @param {string} unit */
const isOpener = (unit) => OPENERS.includes(unit);

/**
 * Splits a text into pieces of at most so many tokens, and loses nothing.
 *
 * Each piece but the last reaches as far as it can to the end of a sentence or of a line; where none is
 * in reach, to another punctuation mark; where none is either, to white space.
 *
 * @param {string} text
 * @param {{encode(text: string): number[]}} tokenizer
 * @param {number} longest
 */
export function splitText(text, tokenizer, longest) {
  /** @type {string[]} */
  const parts = text.match(PARTS) ?? [];
  /** @param {number} start @param {number} end */
  const fits = (start, end) => tokenizer.encode(strip(parts.slice(start, end).join(''))).length <= longest;
  const ranks = parts.map(rank);
  const alone = parts.map((part) => tokenizer.encode(strip(part)).length);
  const followed = parts.map((part) => tokenizer.encode(lstrip(part)).length);
  const pieces = [];
  for (let start = 0; start < parts.length; ) {
    let end = start + 1;
    let tokens = followed[start];
    while (end < parts.length && tokens + alone[end] <= longest) tokens += followed[end++];
    while (end > start + 1 && !fits(start, end)) end--;
    while (end < parts.length && fits(start, end + 1)) end++;
    if (end < parts.length) {
      const own = ranks.slice(start, end);
      end = start + own.lastIndexOf(/** @type {0 | 1 | 2} */ (Math.min(...own))) + 1;
    }
    pieces.push(parts.slice(start, end).join(''));
    start = end;
  }
  return pieces;
}

/**
 * Splits a text into its sentences, and loses nothing.
 *
 * One ends where a line does, and behind a full stop, a question or an exclamation mark. What goes on in
 * lower case goes on; "Mrs." and single letters with a full stop end none.
 *
 * @param {string} text
 */
export function splitSentences(text) {
  /** @type {string[]} */
  const parts = text.match(PARTS) ?? [];
  /** @type {string[]} */
  const sentences = [];
  let start = 0;
  parts.forEach((part, i) => {
    if (i + 1 < parts.length && !endsSentence(part, parts[i + 1])) return;
    sentences.push(parts.slice(start, i + 1).join(''));
    start = i + 1;
  });
  return sentences;
}

/** @param {string} part @param {string} following */
function endsSentence(part, following) {
  if (rank(part) > 0) return false;
  const body = rstrip(part);
  if (endsLine(part, body)) return true;
  if (isLower(lstrip(following, isOpener))) return false;
  const marks = rstrip(body, isCloser);
  return !(marks.endsWith('.') && ABBREVIATION.test(lstrip(strip(marks), isOpener)));
}

/** How good a place to split the end of a part is, 0 the best. @param {string} part */
function rank(part) {
  const body = rstrip(part);
  const last = rstrip(body, isCloser).slice(-1);
  if ((last && SENTENCE_ENDS.includes(last)) || endsLine(part, body)) return 0;
  return last && PAUSES.includes(last) ? 1 : 2;
}

/** @param {string} part @param {string} body */
const endsLine = (part, body) => /[\n\r\u2028\u2029]/.test(part.slice(body.length));
