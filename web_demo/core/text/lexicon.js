/** Words and how frequent they are, looked up by word, by index or by beginning; `text/lexicon.py`. */
import { brief, must } from '../errors.js';
import { SURROGATE, compareBytes, comparePoints, fromStrictUtf8, fromUtf8, pointCount, points, toUtf8 } from './unicode.js';

/** The longest word of a lexicon, in characters. */
export const MAX_WORD_CHARACTERS = 48;
const STEP_NATS = 0.1;
const LINE_END = 10;

/**
 * Words have an index, in the order of their code points. They stand one behind the other in UTF-8, which
 * has the same order. Frequencies are kept in a byte each, as natural logarithms in steps of 0.1.
 */
export class Lexicon {
  #text;
  #ranks;
  #starts;
  /** @type {Map<string, string>} */
  #spelledBy;
  /** @type {Set<string>} */
  #variants;

  /**
   * @param {Uint8Array} text the words, each with a line end.
   * @param {Uint8Array} ranks a byte for each.
   * @param {string[]} spellings the usual spellings of words that have one, in the order of the words.
   * @param {string[]} variants lines of two words that are one in two spellings.
   */
  constructor(text, ranks, spellings, variants) {
    this.#text = text;
    this.#ranks = ranks;
    this.spellings = spellings;
    this.variants = variants;
    this.size = ranks.length;
    this.#starts = new Int32Array(ranks.length + 1);
    let count = 0;
    for (let i = 0; i < text.length; i++) if (text[i] === LINE_END) this.#starts[++count] = i + 1;
    /** The code points of all words in order, that of a line end behind each. */
    this.letters = points(fromUtf8(text));
    /** Those of all words, each once. */
    this.characters = new Set(this.letters);
    this.characters.delete(LINE_END);
    this.#spelledBy = new Map(spellings.map((spelling) => [spelling.toLowerCase(), spelling]));
    this.#variants = new Set(variants);
    this.#check();
  }

  /** Returns the word of an index. @param {number} index */
  word(index) {
    return fromUtf8(this.#text.subarray(this.#starts[index], this.#starts[index + 1] - 1));
  }

  /** Returns the index of a word, or -1. @param {string} word */
  find(word) {
    if (SURROGATE.test(word)) return -1;
    const sought = toUtf8(word);
    const index = this.#place(sought);
    return index < this.size && this.#compare(index, sought) === 0 ? index : -1;
  }

  /** @param {string} word */
  has(word) {
    return this.find(word) >= 0;
  }

  /** Returns the natural logarithm of the share of an index's word. @param {number} index */
  logFrequency(index) {
    return Math.fround(this.#ranks[index] * Math.fround(-STEP_NATS));
  }

  /** Returns whether each word of a text, split at spaces, is there. @param {string} text */
  knows(text) {
    return text.split(' ').every((word) => this.has(word));
  }

  /** Returns a text as it is usually spelled, word by word. @param {string} text */
  spelled(text) {
    return text.split(' ').map((word) => this.#spelledBy.get(word) ?? word).join(' ');
  }

  /** Whether two words are one in two spellings. @param {string} one @param {string} other */
  areVariants(one, other) {
    return this.#variants.has(`${one}\t${other}`) || this.#variants.has(`${other}\t${one}`);
  }

  /** Returns the first index of the words that begin with a prefix, and that behind the last. @param {string} prefix */
  withPrefix(prefix) {
    const sought = toUtf8(prefix);
    return [this.#place(sought), this.#place(Uint8Array.of(...sought, 255))];
  }

  /**
   * Returns a lexicon with more words.
   *
   * @param {string[]} words
   * @param {number} frequency theirs.
   * @param {string[]} spellings that come in.
   */
  changed(words, frequency, spellings) {
    for (const word of words) checkWord(word);
    const added = [...new Set(words)].map(toUtf8).sort(compareBytes);
    const rank = Math.min(255, Math.round(-Math.log(frequency) / STEP_NATS));
    const text = new Uint8Array(this.#text.length + added.reduce((sum, word) => sum + word.length + 1, 0));
    const ranks = new Uint8Array(this.size + added.length);
    let [done, size, count] = [0, 0, 0];
    /** @param {number} end */
    const copy = (end) => {
      const part = this.#text.subarray(this.#starts[done], this.#starts[end]);
      text.set(part, size);
      ranks.set(this.#ranks.subarray(done, end), count);
      size += part.length;
      count += end - done;
      done = end;
    };
    for (const word of added) {
      copy(this.#place(word));
      if (done < this.size && this.#compare(done, word) === 0) done++;
      text.set(word, size);
      size += word.length;
      text[size++] = LINE_END;
      ranks[count++] = rank;
    }
    copy(this.size);
    const byWord = new Map([...this.spellings, ...spellings].map((spelling) => [spelling.toLowerCase(), spelling]));
    const kept = [...byWord].filter(([word, spelling]) => word !== spelling);
    kept.sort(([one], [other]) => comparePoints(one, other));
    const own = kept.map(([, spelling]) => spelling);
    return new Lexicon(text.slice(0, size), ranks.slice(0, count), own, this.variants);
  }

  /** Returns the number of words that come before one in UTF-8. @param {Uint8Array} sought */
  #place(sought) {
    let [first, end] = [0, this.size];
    while (first < end) {
      const middle = (first + end) >>> 1;
      if (this.#compare(middle, sought) < 0) first = middle + 1;
      else end = middle;
    }
    return first;
  }

  /** @param {number} index @param {Uint8Array} sought */
  #compare(index, sought) {
    const start = this.#starts[index];
    const length = this.#starts[index + 1] - 1 - start;
    const size = Math.min(length, sought.length);
    for (let i = 0; i < size; i++) {
      const difference = this.#text[start + i] - sought[i];
      if (difference !== 0) return difference;
    }
    return length - sought.length;
  }

  #check() {
    let before = '';
    for (const spelling of this.spellings) {
      const word = spelling.toLowerCase();
      must(
        word !== spelling && this.has(word) && comparePoints(before, word) < 0,
        `A spelling must be that of a word, with capitals, and the only one of it. Received: ${brief(spelling)}.`,
      );
      before = word;
    }
    const isPair = (/** @type {string} */ line) => {
      const words = line.split('\t');
      return words.length === 2 && words.every((word) => this.has(word));
    };
    const areDistinct = this.#variants.size === this.variants.length;
    must(areDistinct && this.variants.every(isPair), 'Variants must be pairs of words, none twice.');
  }

  /**
   * Builds the lexicon of the bytes in a file: the number of words, a byte each for their log frequencies,
   * and a line for each word, spelling and pair of variants.
   *
   * @param {Uint8Array} content
   * @throws {RangeError} the bytes are not those of a lexicon.
   */
  static fromBytes(content) {
    must(content.length >= 4, 'These are not the bytes of a lexicon.');
    const count = new DataView(content.buffer, content.byteOffset).getInt32(0, true);
    const isCount = count >= 1 && count <= content.length - 4;
    must(isCount, `A lexicon must list its words. Received: ${count} of them.`);
    const lines = fromStrictUtf8(content.subarray(4 + count)).split('\n');
    must(lines.length >= count, `A lexicon of ${count} words must list them. Received: ${lines.length}.`);
    const rest = lines.splice(count);
    let before = '';
    for (const word of lines) {
      checkWord(word);
      const isNext = (word > before && isAscii(word)) || comparePoints(before, word) < 0;
      must(isNext, `The words of a lexicon must be distinct and in order. Received: ${brief(word)} after ${brief(before)}.`);
      before = word;
    }
    const variants = rest.filter((line) => line.includes('\t'));
    const spellings = rest.filter((line) => !line.includes('\t'));
    return new Lexicon(toUtf8(`${lines.join('\n')}\n`), content.slice(4, 4 + count), spellings, variants);
  }
}

/** @param {string} word */
const isAscii = (word) => !/[^\0-\x7f]/.test(word);

/** @param {string} word */
function checkWord(word) {
  const isWord = word.length > 0 && word.length <= 2 * MAX_WORD_CHARACTERS && pointCount(word) <= MAX_WORD_CHARACTERS;
  const rule = 'A word must hold 1 to 48 characters, no line break and no half of a surrogate pair.';
  must(isWord && !word.includes('\n') && !SURROGATE.test(word), `${rule} Received: ${brief(word)}.`);
}
