/**
 * A map of what was asked for last.
 *
 * @template K, V
 */
export class Recent {
  /** @type {Map<K, V>} */
  #values = new Map();

  /** @param {number} size how many values are kept. */
  constructor(size) {
    this.size = size;
  }

  /** @param {K} key @returns {V | undefined} */
  get(key) {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  /** @param {K} key @param {V} value */
  set(key, value) {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.size) this.#values.delete(/** @type {K} */ (this.#values.keys().next().value));
  }
}
