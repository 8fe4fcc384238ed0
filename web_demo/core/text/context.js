/** What stands around a word, and the words that may stand there, as subwords; `text/context.py`. */
import { must } from '../errors.js';
import { splitSentences } from './split.js';
import { SPACE, SubwordTokenizer } from './tokenizer.js';
import { isSpace, lstrip, splitAtSpaces, takeFirst, takeLast } from './unicode.js';
import { straighten } from './words.js';

/** Stands behind each source, so that there is something behind its last word, too. */
const END = '\u2403';
const CHARACTERS = 512;
const BLOCK = 8;
const REMEMBERED = 4096;

/** Whether what follows a text belongs to its last word: no space is between them. @param {string} left */
export const goesOn = (left) => left.length > 0 && !isSpace(left[left.length - 1]);

/**
 * Of the context the sentence is kept that the word stands in, and of that words that are near, as many as
 * there is room for.
 */
export class WordContext {
  /** @type {Map<string, number[]>} */
  #remembered = new Map();

  /**
   * @param {import('./tokenizer.js').Tokenizer} tokenizer
   * @param {number} leftTokens room for what stands before the word.
   * @param {number} rightTokens likewise behind it, without the end.
   * @throws {RangeError} the tokens are no subwords, or lack the end.
   */
  constructor(tokenizer, leftTokens, rightTokens) {
    const endId = tokenizer.ids.get(END);
    const rule = `Words are told apart by subwords of which one is '${END}'.`;
    must(tokenizer instanceof SubwordTokenizer && endId !== undefined, rule);
    this.tokenizer = tokenizer;
    this.endId = endId;
    this.leftTokens = leftTokens;
    this.rightTokens = rightTokens;
  }

  /** Returns a word as a lexicon writes it. @param {string} word */
  normalize(word) {
    return this.tokenizer.normalize(straighten(word));
  }

  /** Returns the ids of what stands before a word, in its sentence. @param {string} left @param {string} word */
  leftIds(left, word) {
    const own = word || 'a';
    const sentence = /** @type {string} */ (splitSentences(takeLast(left, CHARACTERS) + own).at(-1));
    // A negative end: the sentence begins within the word.
    const chunks = this.#chunks(sentence.slice(0, sentence.length - own.length));
    let size = chunks.reduce((sum, ids) => sum + ids.length, 0);
    let first = 0;
    // Not one by one: what was read can then be gone on with.
    while (size > this.leftTokens) {
      for (const ids of chunks.slice(first, first + BLOCK)) size -= ids.length;
      first += BLOCK;
    }
    return chunks.slice(first).flat();
  }

  /** Returns the ids of what stands behind a word, in its sentence, and of the end. @param {string} word @param {string} right */
  rightIds(word, right) {
    const sentence = right ? splitSentences(word + takeFirst(right, CHARACTERS))[0] : '';
    let behind = sentence.slice(word.length);
    if (word) behind = lstrip(behind, (unit) => !isSpace(unit));
    /** @type {number[]} */
    const found = [];
    for (const ids of this.#chunks(behind)) {
      if (found.length + ids.length > this.rightTokens) break;
      found.push(...ids);
    }
    found.push(this.endId);
    return found;
  }

  /** Returns the ids of words behind `left`, as a lexicon writes them. @param {string} text @param {string} left */
  wordIds(text, left) {
    return text.split(' ').flatMap((word, i) => this.#ids(word, i === 0 && goesOn(left)));
  }

  /** Returns the word that a token is by itself behind `left`, if any. @param {number} token @param {string} left */
  word(token, left) {
    const piece = this.tokenizer.tokens[token];
    if (piece.startsWith(SPACE) === goesOn(left)) return '';
    return piece.startsWith(SPACE) ? piece.slice(1) : piece;
  }

  /** @param {string} text */
  #chunks(text) {
    return splitAtSpaces(straighten(text).replaceAll(END, ' ')).map((word) => this.#ids(word, false));
  }

  /** @param {string} word @param {boolean} joined */
  #ids(word, joined) {
    const key = joined ? ` ${word}` : word;
    let ids = this.#remembered.get(key);
    if (ids === undefined) {
      if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
      ids = joined ? this.tokenizer.encodePart(word) : this.tokenizer.encode(word);
      this.#remembered.set(key, ids);
    }
    return ids;
  }
}
