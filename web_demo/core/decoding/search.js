/** Greedy and beam search; `decoding/beam.py`, `rows.py`, `scoring.py`, `hypothesis.py`. */
import { BOS, EOS, PAD } from '../text/tokenizer.js';
import { checkedStep } from './session.js';

/** Least coverage of a source token that counts, so that the logarithm of 0 stays finite. */
const COVERAGE_FLOOR = 1e-6;

/**
 * @typedef {object} Hypothesis
 * @property {number[]} ids T ids; the last is `eos` unless decoding stopped at the maximum length.
 * @property {number} logProb in nats.
 * @property {number} score what hypotheses are ranked by.
 * @property {Float32Array[] | null} attention T rows of S weights over the source.
 * @property {boolean} timedOut whether the time limit ended the search.
 */

/** Orders numbers downwards, infinite ones too. @param {number} a @param {number} b */
export const downwards = (a, b) => (b > a ? 1 : b < a ? -1 : 0);

/**
 * Returns log p / length penalty(T) + coverage penalty; Wu et al. 2016, equation 14.
 *
 * @param {number} logProb @param {number} length T @param {number} coverage at most 0
 * @param {import('./settings.js').DecodingSettings} settings
 */
function scoreOf(logProb, length, coverage, settings) {
  const base = settings.lengthPenalty === 'gnmt' ? (5 + length) / 6 : length;
  return logProb / base ** settings.lengthPenaltyAlpha + coverage;
}

/** Of each beam: log p, its score, its tokens, and whether it is frozen. */
class Beams {
  /** @param {number} width */
  constructor(width) {
    this.logProbs = new Float64Array(width);
    this.scores = new Float64Array(width);
    this.lengths = new Int32Array(width);
    this.finished = new Uint8Array(width);
  }
}

/**
 * The search of one source, step by step: call `advance` until it returns false; `standing` tells the best so
 * far at any time.
 *
 * A hypothesis that has reached `eos` is frozen: it keeps its place and its score until a better one pushes
 * it out. The search ends when every beam is frozen, when no open beam can still enter the n best, after
 * `maxOutputLength` tokens, or when the time is over.
 *
 * Reference: Sutskever et al. 2014, section 3.2; Wu et al. 2016, section 7.
 */
export class Search {
  #length = 0;
  #timedOut = false;
  /** @type {{tokens: Int32Array, parents: Int32Array, attention: Float32Array | null}[]} */
  #history = [];

  /**
   * @param {import('./session.js').Session} session
   * @param {number[]} sourceIds
   * @param {import('./settings.js').DecodingSettings} settings
   * @param {number} [endTime] of `performance.now`, when the time is over.
   */
  constructor(session, sourceIds, settings, endTime = Infinity) {
    this.session = session;
    this.settings = settings;
    this.endTime = endTime;
    this.sourceLength = sourceIds.length;
    const width = settings.beamWidth;
    this.rows = Int32Array.from({ length: width }, (_, row) => row);
    this.tokens = new Int32Array(width).fill(BOS);
    // The first step has one beam to extend, not `width` equal ones.
    this.beams = new Beams(width);
    this.beams.logProbs.fill(-Infinity, 1);
    this.spare = new Beams(width);
    this.totals = new Float64Array(0);
    this.candidateScores = this.totals;
    const coverage = settings.coveragePenaltyBeta > 0 ? width * this.sourceLength : 0;
    this.coverage = new Float64Array(coverage);
    session.start(sourceIds, width);
  }

  /** Takes a step; returns whether there is another to take. */
  advance() {
    const { settings, session } = this;
    this.#length++;
    const output = checkedStep(session, this.tokens, this.rows, this.#length, settings);
    this.#rank(output);
    this.#choose(output);
    this.#note(output);
    const { finished } = this.beams;
    const isDecided = finished.every(Boolean) || (finished.some(Boolean) && this.#isOutOfReach());
    const isLast = this.#length === settings.maxOutputLength;
    this.#timedOut = !isDecided && !isLast && performance.now() >= this.endTime;
    return !(isDecided || isLast || this.#timedOut);
  }

  /** Returns the n best so far, the best first. @returns {Hypothesis[]} */
  standing() {
    const { scores, logProbs } = this.beams;
    const order = [...scores.keys()].sort((a, b) => downwards(scores[a], scores[b]));
    const best = order.slice(0, this.settings.nBest).filter((row) => logProbs[row] > -Infinity);
    return best.map((row) => this.#hypothesis(row));
  }

  /** Scores what each beam may go on with; a frozen beam's only candidate is itself. @param {import('./session.js').StepOutput} output */
  #rank(output) {
    const { candidates } = output;
    const { logProbs, lengths, finished } = this.beams;
    const width = this.rows.length;
    if (this.totals.length !== width * candidates) {
      this.totals = new Float64Array(width * candidates);
      this.candidateScores = new Float64Array(width * candidates);
    }
    for (let row = 0; row < width; row++) {
      const isOpen = !finished[row];
      if (isOpen) {
        lengths[row] = this.#length;
        this.#cover(output, row);
      }
      const penalty = this.#coveragePenalty(row);
      for (let k = 0; k < candidates; k++) {
        const i = row * candidates + k;
        const own = k === 0 ? logProbs[row] : -Infinity;
        this.totals[i] = isOpen ? logProbs[row] + output.logProbs[i] : own;
        this.candidateScores[i] = scoreOf(this.totals[i], lengths[row], penalty, this.settings);
      }
    }
  }

  /** Keeps the best; of equal ones the first, so that a frozen beam is not lost to a tie. @param {import('./session.js').StepOutput} output */
  #choose(output) {
    const { candidateScores, totals, beams, spare } = this;
    for (let beam = 0; beam < this.rows.length; beam++) {
      let best = -1;
      for (let i = 0; i < candidateScores.length; i++) {
        if (Number.isNaN(candidateScores[i])) continue; // was chosen before
        if (best < 0 || candidateScores[i] > candidateScores[best]) best = i;
      }
      const row = Math.floor(best / output.candidates);
      this.rows[beam] = row;
      this.tokens[beam] = beams.finished[row] ? PAD : output.tokenIds[best];
      spare.logProbs[beam] = totals[best];
      spare.scores[beam] = candidateScores[best];
      spare.lengths[beam] = beams.lengths[row];
      const isEnd = beams.finished[row] || this.tokens[beam] === EOS || totals[best] === -Infinity;
      spare.finished[beam] = isEnd ? 1 : 0;
      candidateScores[best] = NaN;
    }
    [this.beams, this.spare] = [spare, beams];
  }

  /** Notes what each row chose, the row that it continues, and the weights of these. @param {import('./session.js').StepOutput} output */
  #note(output) {
    const attention = output.attention?.slice() ?? null;
    this.attentionWidth = output.attentionWidth;
    this.#history.push({ tokens: this.tokens.slice(), parents: this.rows.slice(), attention });
    if (this.coverage.length === 0) return;
    const before = this.coverage.slice();
    this.rows.forEach((parent, row) => {
      const start = parent * this.sourceLength;
      this.coverage.set(before.subarray(start, start + this.sourceLength), row * this.sourceLength);
    });
  }

  /** Whether the n best are frozen and out of reach of the open beams. */
  #isOutOfReach() {
    const { settings } = this;
    const { logProbs, scores, finished } = this.beams;
    if (!finished.subarray(0, settings.nBest).every(Boolean)) return false;
    const worst = scores[settings.nBest - 1];
    // At best a beam reaches its present log p at the maximum length, all covered.
    return logProbs.every(
      (logProb, row) => finished[row] || worst >= scoreOf(logProb, settings.maxOutputLength, 0, settings),
    );
  }

  /** Adds a step's weights to a row. @param {import('./session.js').StepOutput} output @param {number} row */
  #cover(output, row) {
    if (this.coverage.length === 0 || output.attention === null) return;
    for (let j = 0; j < this.sourceLength; j++) {
      this.coverage[row * this.sourceLength + j] += output.attention[row * output.attentionWidth + j];
    }
  }

  /** Returns beta * sum over j of log(min(sum over t of alpha_tj, 1)) of a row. @param {number} row */
  #coveragePenalty(row) {
    if (this.coverage.length === 0) return 0;
    let sum = 0;
    for (let j = 0; j < this.sourceLength; j++) {
      sum += Math.log(Math.min(1, Math.max(COVERAGE_FLOOR, this.coverage[row * this.sourceLength + j])));
    }
    return this.settings.coveragePenaltyBeta * sum;
  }

  /** Follows a row back to the first step, and cuts the padding behind `eos` off. @param {number} row @returns {Hypothesis} */
  #hypothesis(row) {
    /** @type {number[]} */
    const ids = [];
    /** @type {Float32Array[]} */
    const weights = [];
    let current = row;
    for (const { tokens, parents, attention } of [...this.#history].reverse()) {
      ids.unshift(tokens[current]);
      current = parents[current];
      const start = current * (this.attentionWidth ?? 0);
      if (attention) weights.unshift(attention.slice(start, start + this.sourceLength));
    }
    const end = ids.indexOf(EOS);
    const length = end < 0 ? ids.length : end + 1;
    return {
      ids: ids.slice(0, length),
      logProb: this.beams.logProbs[row],
      score: this.beams.scores[row],
      attention: weights.length ? weights.slice(0, length) : null,
      timedOut: this.#timedOut,
    };
  }
}
