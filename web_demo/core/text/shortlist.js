/** N target ids for each source, in place of the whole vocabulary; `text/shortlist.py`. */
import { must } from '../errors.js';
import { PAD, SPECIAL_TOKENS } from './tokenizer.js';

export class Shortlist {
  /**
   * @param {ArrayLike<number>} frequent N ids, those of the special tokens first.
   * @param {ArrayLike<number>} best `perToken` for each source token.
   * @param {number} perToken
   * @param {number} targetSize
   */
  constructor(frequent, best, perToken, targetSize) {
    const special = SPECIAL_TOKENS.length;
    this.frequent = Array.from(frequent);
    this.best = best;
    this.perToken = perToken;
    this.size = frequent.length;
    must(
      this.size > special && this.size <= targetSize,
      `A shortlist's size must lie between ${special + 1} and the size of the target vocabulary, ${targetSize}. ` +
        `Received: ${this.size}.`,
    );
    const areIds = [frequent, best].every((ids) => Array.from(ids).every((id) => id >= 0 && id < targetSize));
    must(areIds, `The ids of a shortlist must lie between 0 and ${targetSize - 1}.`);
    const areDistinct = new Set(this.frequent).size === this.size;
    const isSpecialFirst = this.frequent.slice(0, special).every((id) => id < special);
    must(areDistinct && isSpecialFirst, 'The ids of `frequent` must be distinct, those of the special tokens first.');
    this.common = this.frequent.slice(0, Math.max(special, this.size >> 2));
  }

  /** Returns the ids that a source's output is made of, distinct, ascending. @param {ArrayLike<number>} sourceIds */
  candidates(sourceIds) {
    const rows = Array.from(sourceIds).filter((id) => id !== PAD);
    const chosen = new Set(this.common);
    // All first ones, then all second ones; what is left, by frequency.
    for (let k = 0; k < this.perToken; k++) {
      for (const row of rows) if (chosen.size < this.size) chosen.add(this.best[row * this.perToken + k]);
    }
    for (const id of this.frequent) if (chosen.size < this.size) chosen.add(id);
    return Int32Array.from(chosen).sort();
  }

  /**
   * Builds the shortlist of a file's bytes.
   *
   * @param {Uint8Array} content
   * @param {{size: number, perToken: number, sourceSize: number, targetSize: number}} sizes
   * @throws {RangeError} the bytes are not those of such a shortlist.
   */
  static fromBytes(content, { size, perToken, sourceSize, targetSize }) {
    must(size >= 1 && perToken >= 1, `\`size\` and \`per_token\` must be positive. Received: ${size} and ${perToken}.`);
    const width = targetSize <= 65536 ? 2 : 4;
    const expected = (size + sourceSize * perToken) * width;
    must(content.length === expected, `The shortlist must hold ${expected} bytes. Received: ${content.length}.`);
    const view = new DataView(content.buffer, content.byteOffset);
    const ids = Int32Array.from({ length: expected / width }, (_, i) =>
      width === 2 ? view.getUint16(2 * i, true) : view.getInt32(4 * i, true),
    );
    return new Shortlist(ids.subarray(0, size), ids.subarray(size), perToken, targetSize);
  }
}
