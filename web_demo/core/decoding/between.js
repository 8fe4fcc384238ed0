/** The log-probabilities of what may stand between two contexts; `decoding/between.py`. */
import { must } from '../errors.js';
import { Recent } from '../recent.js';
import { BOS, PAD } from '../text/tokenizer.js';

/** Share of a word's probability that is its own, whatever goes on from it. */
const LEAST = 1e-4;
const REMEMBERED = 256;

/** @param {number[]} one @param {number[]} other */
function compare(one, other) {
  for (let i = 0; i < one.length && i < other.length; i++) if (one[i] !== other[i]) return one[i] - other[i];
  return one.length - other.length;
}

/** @param {number[]} ids @param {number} [length] */
const keyOf = (ids, length = ids.length) => ids.slice(0, length).join();

/**
 * The decoder's states behind the beginnings of texts.
 *
 * Of a decoder that looks ahead they hang on nothing that follows: what was read once is not read again, neither
 * for the next word nor for the same one as it is typed.
 *
 * @extends {Recent<string, Float32Array>}
 */
export class LeftStates extends Recent {
  constructor() {
    super(REMEMBERED);
  }

  /** Returns how many of the first ids have been read, and the state behind them. @param {number[]} ids @param {number} size @returns {[number, Float32Array | undefined]} */
  longest(ids, size) {
    let key = keyOf(ids, size);
    for (let length = size; length > 0; length--) {
      const state = this.get(key);
      if (state !== undefined) return [length, state];
      key = key.slice(0, Math.max(0, key.lastIndexOf(',')));
    }
    return [0, undefined];
  }
}

export class Between {
  /** @type {Float32Array | null} */
  #ordered = null;

  /**
   * @param {import('./session.js').Session} session
   * @param {number[]} leftIds what stands before, without `bos`.
   * @param {number[]} rightIds what follows, with its end.
   * @param {LeftStates} states of the left contexts that were read before.
   * @param {number} size V, tokens of the vocabulary.
   * @param {number} width rows for words of several tokens, of those that the session takes.
   * @throws {RangeError} a step gives the likeliest tokens alone.
   */
  constructor(session, leftIds, rightIds, states, size, width) {
    this.session = session;
    this.rightIds = rightIds;
    this.size = size;
    this.width = width;
    const ids = [BOS, ...leftIds];
    session.start(rightIds, 1);
    const [done, known] = states.longest(ids, ids.length - 1);
    if (known) session.resume(known);
    this.state = known ?? new Float32Array(0);
    /** Log p(token | contexts) of what may come first, until the next step. */
    this.first = new Float32Array(0);
    for (let place = done; place < ids.length; place++) {
      this.first = this.#step(Int32Array.of(ids[place]), Int32Array.of(0));
      this.state = session.state();
      states.set(keyOf(ids, place + 1), this.state);
    }
  }

  /**
   * Returns the log-probability of each word in nats; once.
   *
   * Words that begin with the same tokens share the steps for them. The model says no word's end: what it gives
   * to those of the words that go on from another is taken from that one.
   *
   * @param {number[][]} words token ids of each, at least one, no two the same.
   */
  logProbs(words) {
    const totals = Float64Array.from(words, (word) => this.first[word[0]]);
    const order = [...words.keys()].sort((a, b) => compare(words[a], words[b]));
    for (const group of this.#groups(order.filter((i) => words[i].length > 1), words)) this.#add(totals, group, words);
    must(!totals.some(Number.isNaN), "The model's log-probabilities must be numbers. Received: NaN.");
    return withoutLonger(totals, words, order);
  }

  /** Returns words whose beginnings, all tokens but the last, have rows enough. @param {number[]} order @param {number[][]} words */
  #groups(order, words) {
    /** @type {number[][]} */
    const groups = [];
    let beginnings = new Set();
    for (const i of order) {
      const beginning = keyOf(words[i], words[i].length - 1);
      if (!groups.length || (!beginnings.has(beginning) && beginnings.size === this.width)) {
        groups.push([]);
        beginnings = new Set();
      }
      groups[groups.length - 1].push(i);
      beginnings.add(beginning);
    }
    return groups;
  }

  /** Adds to words the log-probabilities of their tokens behind the first. @param {Float64Array} totals @param {number[]} group @param {number[][]} words */
  #add(totals, group, words) {
    this.session.start(this.rightIds, this.width);
    this.session.resume(this.state);
    let rows = new Map([['', 0]]);
    const deepest = Math.max(...group.map((i) => words[i].length));
    for (let depth = 1; depth < deepest; depth++) {
      const living = group.filter((i) => words[i].length > depth);
      /** @type {Map<string, number>} */
      const next = new Map();
      const tokens = new Int32Array(this.width).fill(PAD); // rows that are left over count nothing
      const parents = new Int32Array(this.width);
      for (const i of living) {
        const beginning = keyOf(words[i], depth);
        if (next.has(beginning)) continue;
        tokens[next.size] = words[i][depth - 1];
        parents[next.size] = rows.get(keyOf(words[i], depth - 1)) ?? 0;
        next.set(beginning, next.size);
      }
      const logProbs = this.#step(tokens, parents);
      rows = next;
      for (const i of living) totals[i] += logProbs[(rows.get(keyOf(words[i], depth)) ?? 0) * this.size + words[i][depth]];
    }
  }

  /** Returns the log-probabilities behind the tokens, (rows, V), until the next step. @param {Int32Array} tokens @param {Int32Array} parents */
  #step(tokens, parents) {
    const { candidates, tokenIds, logProbs } = this.session.step(tokens, parents);
    must(candidates === this.size, 'To judge words a step must give the log-probability of every token.');
    if (tokenIds[0] === 0 && tokenIds[this.size - 1] === this.size - 1) return logProbs;
    if (this.#ordered?.length !== logProbs.length) this.#ordered = new Float32Array(logProbs.length);
    const ordered = this.#ordered;
    tokenIds.forEach((id, i) => {
      ordered[i - (i % this.size) + id] = logProbs[i];
    });
    return ordered;
  }
}

/** Takes from the probability of each word that of those that go on from it. @param {Float64Array} totals @param {number[][]} words @param {number[]} order */
function withoutLonger(totals, words, order) {
  const shares = totals.map(Math.exp);
  const left = shares.slice();
  /** Each the beginning of the next. @type {number[]} */
  const open = [];
  for (const i of order) {
    while (open.length && !words[open[open.length - 1]].every((id, k) => id === words[i][k])) open.pop();
    if (open.length) left[open[open.length - 1]] -= shares[i];
    open.push(i);
  }
  return totals.map((total, i) => (left[i] < shares[i] ? Math.log(Math.max(left[i], LEAST * shares[i])) : total));
}
