/** The noisy channel between a word and what is typed for it; `text/channel.py`. */
import { must } from '../errors.js';
import { points } from './unicode.js';

const ALPHABET = "abcdefghijklmnopqrstuvwxyz' \n?";
const SIZE = ALPHABET.length;
const CELLS = SIZE * SIZE;
const START = SIZE - 2;
const OTHER = SIZE - 1;
const CODES = Int32Array.from({ length: 128 }, (_, point) => {
  const code = ALPHABET.indexOf(String.fromCharCode(point));
  return code < 0 ? OTHER : code;
});

/** @param {number} point */
const codeOf = (point) => (point < 128 ? CODES[point] : OTHER);

/**
 * A slip leaves out a character y behind x, puts one in behind x, takes y for x, or exchanges x and y:
 *
 *     log p(typed | word) = max over alignments of the sum of log p(slip)
 */
export class ChannelModel {
  /**
   * @param {Float64Array} tables log p of omissions, insertions, substitutions, transpositions.
   * @param {Map<string, string[]>} confusions typed word -> the words that may have been taken for it.
   * @param {number} confusionLogProb of each of these, in nats.
   */
  constructor(tables, confusions, confusionLogProb) {
    this.omissions = tables.subarray(0, CELLS);
    this.insertions = tables.subarray(CELLS, 2 * CELLS);
    this.substitutions = tables.subarray(2 * CELLS, 3 * CELLS);
    this.transpositions = tables.subarray(3 * CELLS);
    this.confusions = confusions;
    this.confusionLogProb = confusionLogProb;
  }

  /** Returns the largest log-probability with which a character is left out. @param {string} character */
  omission(character) {
    const code = codeOf(character.charCodeAt(0));
    let most = -Infinity;
    for (let before = 0; before < SIZE; before++) most = Math.max(most, this.omissions[before * SIZE + code]);
    return most;
  }

  /**
   * Returns what `model.json` holds under `channel`.
   *
   * @param {any} described
   * @throws {RangeError} it is none.
   */
  static fromMetadata(described) {
    /** @param {boolean} holds @param {string} what @returns {asserts holds} */
    const check = (holds, what) => must(holds, `\`channel\` must hold the tables of slips: ${what}.`);
    check(described?.alphabet === ALPHABET, 'another alphabet');
    const { step_nats: step, tables, confusions = {}, confusion_log_prob: logProb = 0 } = described;
    check(typeof step === 'number' && step > 0 && step < 1, `steps of ${step} nats`);
    const ranks = decodeBase64(tables);
    check(ranks.length === 4 * CELLS, `${ranks.length} slips`);
    const lists = Object.entries(confusions ?? []);
    const areLists = lists.every(([, words]) => Array.isArray(words) && words.every((word) => typeof word === 'string'));
    check(confusions !== null && typeof confusions === 'object' && areLists, 'confusions that are no lists of words');
    const isLogProb = typeof logProb === 'number' && logProb <= 0 && logProb > -Infinity;
    check(isLogProb, `a log-probability of ${logProb}`);
    const negative = Math.fround(-step);
    return new ChannelModel(Float64Array.from(ranks, (rank) => Math.fround(rank * negative)), new Map(lists), logProb);
  }
}

/** Tells log p(typed | word) of one typed word and many words. */
export class Slips {
  /** @param {ChannelModel} channel @param {string} typed */
  constructor(channel, typed) {
    this.channel = channel;
    this.codes = points(typed).map(codeOf);
    const width = this.codes.length + 1;
    /** Of each character x and each j the sum of what t_1..t_j cost that are put in behind x. */
    this.inserted = new Float64Array(SIZE * width);
    for (let behind = 0; behind < SIZE; behind++) {
      let sum = 0;
      this.codes.forEach((code, j) => {
        sum += channel.insertions[behind * SIZE + code];
        this.inserted[behind * width + j + 1] = sum;
      });
    }
    this.rows = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
  }

  /**
   * Returns log p(typed | word) in nats.
   *
   * @param {Int32Array} letters holds the word's code points.
   * @param {number} start @param {number} length
   * @param {boolean} completes whether what follows behind all that was typed costs nothing.
   */
  logProb(letters, start, length, completes) {
    const { codes, inserted, channel } = this;
    const size = codes.length;
    let [row, earlier, longer] = this.rows;
    row.set(inserted.subarray(START * (size + 1), (START + 1) * (size + 1)));
    earlier.fill(-Infinity);
    let best = row[size];
    let before = START;
    for (let i = 0; i < length; i++) {
      const letter = codeOf(letters[start + i]);
      const left = channel.omissions[before * SIZE + letter];
      for (let j = 0; j <= size; j++) longer[j] = row[j] + left;
      for (let j = 0; j < size; j++) {
        const taken = row[j] + (codes[j] === letter ? 0 : channel.substitutions[letter * SIZE + codes[j]]);
        if (taken > longer[j + 1]) longer[j + 1] = taken;
      }
      for (let j = 0; j < size - 1; j++) {
        if (codes[j + 1] !== before || codes[j] !== letter) continue;
        const exchanged = earlier[j] + channel.transpositions[before * SIZE + letter];
        if (exchanged > longer[j + 2]) longer[j + 2] = exchanged;
      }
      // Characters too many: the best on the way to each place.
      const sums = letter * (size + 1);
      let most = -Infinity;
      for (let j = 0; j <= size; j++) {
        most = Math.max(most, longer[j] - inserted[sums + j]);
        longer[j] = most + inserted[sums + j];
      }
      [earlier, row, longer] = [row, longer, earlier];
      before = letter;
      best = completes ? Math.max(best, row[size]) : row[size];
    }
    return best;
  }
}

/** @param {unknown} text */
function decodeBase64(text) {
  try {
    return Uint8Array.from(atob(/** @type {string} */ (text)), (character) => character.charCodeAt(0));
  } catch {
    throw new RangeError('`channel` must hold its tables in base 64.');
  }
}
