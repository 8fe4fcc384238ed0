/** The words of a lexicon within some edits of what was typed; `decoding/near_words.py`. */
import { Recent } from '../recent.js';
import { Slips } from '../text/channel.js';
import { points } from '../text/unicode.js';

const MAX_EDITS = 7;
const REMEMBERED = 64;
const LINE_END = 10;

/**
 * C words that lie near to a typed one, in the lexicon's order: their indices, log p(typed | word) in nats (0
 * without a channel), and the distance of the word, or of its nearest beginning.
 *
 * @typedef {{indices: Int32Array, slips: Float64Array, edits: Int32Array}} Near
 */

/** The number of bits. @param {number} bits */
function bitCount(bits) {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Edits are omissions, insertions, substitutions and transpositions of neighbours; none touches what another
 * has changed (optimal string alignment). A word's signature tells which classes of characters it holds, and
 * which more than once: an edit takes at most one bit from it and brings at most one. Words stand in order of
 * their length. Of those whose signatures fit, the table of edit distances is filled as far as it may stay
 * within the edits.
 *
 * Reference: Ukkonen 1985, "Algorithms for approximate string matching" (the band of the table).
 */
export class NearWords {
  /** @type {Recent<string, Near>} */
  #remembered = new Recent(REMEMBERED);

  /**
   * @param {import('../text/lexicon.js').Lexicon} lexicon
   * @param {import('../text/channel.js').ChannelModel | null} channel without one all slips are free.
   */
  constructor(lexicon, channel) {
    this.lexicon = lexicon;
    this.channel = channel;
    this.letters = lexicon.letters;
    this.starts = new Int32Array(lexicon.size + 1);
    let count = 0;
    this.letters.forEach((letter, i) => {
      if (letter === LINE_END) this.starts[++count] = i + 1;
    });
    /** Of each length, where its words begin in `order`. */
    this.ofLength = new Int32Array(64);
    for (let i = 0; i < lexicon.size; i++) this.ofLength[this.length(i) + 1]++;
    for (let size = 1; size < this.ofLength.length; size++) this.ofLength[size] += this.ofLength[size - 1];
    /** Indices of the words by length, and then in their order. */
    this.order = new Int32Array(lexicon.size);
    const next = this.ofLength.slice();
    for (let i = 0; i < lexicon.size; i++) this.order[next[this.length(i)]++] = i;
    this.once = new Int32Array(lexicon.size);
    this.twice = new Int32Array(lexicon.size);
    this.order.forEach((index, place) => {
      [this.once[place], this.twice[place]] = signature(this.letters, this.starts[index], this.length(index));
    });
  }

  /** Returns the number of characters of a word. @param {number} index */
  length(index) {
    return this.starts[index + 1] - 1 - this.starts[index];
  }

  /**
   * Returns the words within some edits of a typed one, itself excepted. What was found is remembered.
   *
   * @param {string} typed
   * @param {number} maxEdits 0 to 7.
   * @param {boolean} completes whether to find the words that are longer than `typed` and of which some beginning
   *     lies within `maxEdits` of it. What follows behind all that was typed then costs nothing.
   */
  find(typed, maxEdits, completes = false) {
    if (!(maxEdits >= 0 && maxEdits <= MAX_EDITS)) throw new RangeError(`\`maxEdits\` must lie between 0 and ${MAX_EDITS}.`);
    const key = `${maxEdits}${completes} ${typed}`;
    let near = this.#remembered.get(key);
    if (near === undefined) {
      near = this.#search(typed, maxEdits, completes);
      this.#remembered.set(key, near);
    }
    return near;
  }

  /** @param {string} typed @param {number} maxEdits @param {boolean} completes @returns {Near} */
  #search(typed, maxEdits, completes) {
    const letters = points(typed);
    const distance = new Distance(letters, maxEdits);
    /** @type {number[]} */
    const found = [];
    /** @type {Map<number, number>} */
    const edits = new Map();
    /** @param {number} index */
    const compare = (index) => {
      const count = distance.of(this.letters, this.starts[index], this.length(index), completes);
      if (count > maxEdits || (!completes && count === 0)) return;
      found.push(index);
      edits.set(index, count);
    };
    if (completes && maxEdits === 0) {
      const [first, end] = this.lexicon.withPrefix(typed);
      for (let index = first; index < end; index++) if (this.length(index) > letters.length) compare(index);
    } else {
      this.#forEachLike(letters, maxEdits, completes, compare);
    }
    const indices = Int32Array.from(found).sort();
    const slips = this.channel ? new Slips(this.channel, typed) : null;
    const costs = Float64Array.from(indices, (index) => {
      const isMistyped = /** @type {number} */ (edits.get(index)) > 0; // all else is for free
      return slips && isMistyped ? slips.logProb(this.letters, this.starts[index], this.length(index), completes) : 0;
    });
    return { indices, slips: costs, edits: Int32Array.from(indices, (index) => edits.get(index) ?? 0) };
  }

  /** Calls with the words of a fitting length and signature. @param {Int32Array} letters @param {number} maxEdits @param {boolean} completes @param {(index: number) => void} call */
  #forEachLike(letters, maxEdits, completes, call) {
    const [once, twice] = signature(letters, 0, letters.length);
    const needed = bitCount(once) + bitCount(twice);
    const longest = this.ofLength.length - 2;
    const least = completes ? letters.length + 1 : letters.length - maxEdits;
    const most = completes ? longest : letters.length + maxEdits;
    const end = this.ofLength[Math.min(Math.max(most, 0), longest) + 1];
    for (let place = this.ofLength[Math.min(Math.max(least, 0), longest + 1)]; place < end; place++) {
      const [one, two] = [this.once[place], this.twice[place]];
      const common = bitCount(one & once) + bitCount(two & twice) + maxEdits;
      if (common < needed || (!completes && common < bitCount(one) + bitCount(two))) continue;
      call(this.order[place]);
    }
  }
}

/** Returns 32 classes of characters that a word holds, and those that it holds twice. @param {Int32Array} letters @param {number} start @param {number} length */
function signature(letters, start, length) {
  let [once, twice] = [0, 0];
  for (let i = start; i < start + length; i++) {
    const bit = 1 << (letters[i] & 31);
    twice |= once & bit;
    once |= bit;
  }
  return [once, twice];
}

/** The edits between a typed word and others, in a band around the diagonal of their table. */
class Distance {
  /** @param {Int32Array} typed @param {number} most */
  constructor(typed, most) {
    this.typed = typed;
    this.most = most;
    this.rows = [0, 1, 2].map(() => new Int32Array(typed.length + 1));
  }

  /**
   * Returns the edits of a word, or of its nearest beginning; more than `most` where it is no nearer.
   *
   * @param {Int32Array} letters holds the word's. @param {number} start @param {number} length @param {boolean} beginning
   */
  of(letters, start, length, beginning) {
    const { typed, most } = this;
    const size = typed.length;
    const beyond = most + 1;
    let [earlier, row, next] = this.rows;
    for (let j = 0; j <= size; j++) row[j] = Math.min(j, beyond);
    let best = beginning ? row[size] : beyond;
    const rows = Math.min(length, size + most);
    for (let i = 1; i <= rows; i++) {
      const letter = letters[start + i - 1];
      const first = Math.max(1, i - most);
      const last = Math.min(size, i + most);
      next[first - 1] = first === 1 ? Math.min(i, beyond) : beyond;
      let least = next[first - 1];
      for (let j = first; j <= last; j++) {
        let edits = Math.min(next[j - 1] + 1, row[j - 1] + (letter === typed[j - 1] ? 0 : 1));
        if (j < i + most) edits = Math.min(edits, row[j] + 1);
        if (i > 1 && j > 1 && letter === typed[j - 2] && letters[start + i - 2] === typed[j - 1]) {
          edits = Math.min(edits, earlier[j - 2] + 1);
        }
        next[j] = Math.min(edits, beyond);
        least = Math.min(least, next[j]);
      }
      if (last < size) next[last + 1] = beyond;
      [earlier, row, next] = [row, next, earlier];
      if (beginning && i >= size - most) best = Math.min(best, row[size]);
      if (least > most) return best; // a transposition comes from the row before: it counts, too
    }
    return beginning ? best : row[size];
  }
}
