/** Judges words, each in its context; `decoding/correction.py`. */
import { Recent } from '../recent.js';
import { WordContext, goesOn } from '../text/context.js';
import { MAX_WORD_CHARACTERS } from '../text/lexicon.js';
import { isUpper, pointCount } from '../text/unicode.js';
import { Between, LeftStates } from './between.js';
import { CandidateFinder, joined } from './candidates.js';
import { downwards } from './search.js';
import { marginOf } from './settings.js';

const POOL = 16;
const REMEMBERED = 256;

/**
 * A word that may have been meant.
 *
 * @typedef {object} Candidate
 * @property {string} text the word, or two with a space.
 * @property {number} logProb the logarithm of its share, among all candidates and the word as it was typed, of
 *     p(word | context) p(typed | word).
 * @property {number} score what it is ranked by: the weighted sum of the three that follow, in nats.
 * @property {number} modelLogProb log p(word | context).
 * @property {number} logFrequency log f(word).
 * @property {number} slips log p(typed | word) of the channel.
 */

/**
 * What is thought of a typed word.
 *
 * @typedef {object} Judgement
 * @property {Candidate} typed the word as it was typed, with its score.
 * @property {boolean} isKnown whether the lexicon has it.
 * @property {boolean} isName whether it may be a name.
 * @property {Candidate[]} others what else may have been meant, the best first.
 * @property {boolean} isError whether the first of the others wins by the margin.
 */

/** @typedef {import('./candidates.js').Found} Found */
/** @typedef {import('./session.js').Session} Session */

/**
 * A correction c of a typed word t must win by a margin:
 *
 *     a log p(c | context) + w log f(c) + v log p(t | c) > a log p(t | context) + w log f(t) + margin
 */
export class WordCorrector {
  #states = new LeftStates();

  /**
   * @param {import('../text/tokenizer.js').Tokenizer} tokenizer the model's, of both sides, with an end.
   * @param {import('../text/lexicon.js').Lexicon} lexicon
   * @param {import('./settings.js').CorrectionSettings} settings
   * @param {import('../text/channel.js').ChannelModel | null} channel
   * @throws {RangeError} see `WordContext`.
   */
  constructor(tokenizer, lexicon, settings, channel) {
    this.context = new WordContext(tokenizer, settings.leftTokens, settings.rightTokens);
    this.size = tokenizer.size;
    this.settings = settings;
    this.channel = channel;
    this.finder = new CandidateFinder(lexicon, channel, settings, POOL, new Set());
    /** @type {Recent<string, Judgement>} */
    this.remembered = new Recent(REMEMBERED);
  }

  /** Judges by other words from now on; of those in `blocked` no correction is made. @param {import('../text/lexicon.js').Lexicon} lexicon @param {Set<string>} blocked */
  useWords(lexicon, blocked) {
    this.finder = new CandidateFinder(lexicon, this.channel, this.settings, POOL, blocked);
    this.remembered = new Recent(REMEMBERED);
  }

  /** Whether a word could be one of the lexicon: not too long, and of its characters. @param {string} typed */
  takes(typed) {
    if (typed.length > 2 * MAX_WORD_CHARACTERS || pointCount(typed) > MAX_WORD_CHARACTERS) return false;
    const normal = [...this.context.normalize(typed)];
    const { characters } = this.finder.lexicon;
    const isKnown = normal.every((one) => one === ' ' || characters.has(/** @type {number} */ (one.codePointAt(0))));
    return isKnown && normal.length > 0 && normal.length <= MAX_WORD_CHARACTERS;
  }

  /**
   * Returns what is thought of a word; the same word in the same context costs nothing.
   *
   * @param {Session} session
   * @param {string} left the text before the word.
   * @param {string} typed a word that `takes` takes.
   * @param {string} right the text behind it.
   * @param {number} beamWidth rows for words of several tokens, of those that the session takes.
   * @param {number} aggressiveness see `marginOf`.
   * @returns {Judgement}
   */
  judge(session, left, typed, right, beamWidth, aggressiveness) {
    const leftIds = this.context.leftIds(left, typed);
    const rightIds = this.context.rightIds(typed, right);
    const normal = this.context.normalize(typed);
    const key = [normal, goesOn(left), leftIds, rightIds].join('|');
    let found = this.remembered.get(key);
    if (found === undefined) {
      found = this.#judged(session, normal, left, leftIds, rightIds, beamWidth);
      this.remembered.set(key, found);
    }
    const isName = isUpper(typed) && leftIds.length > 0;
    const margin = marginOf(this.settings, found.isKnown, aggressiveness, isName);
    const isError = found.others.length > 0 && found.others[0].score > found.typed.score + margin;
    return { ...found, isName, isError };
  }

  /**
   * Returns what may have been meant, or what a word that is only begun may become, the best first.
   *
   * @param {Session} session
   * @param {string} left
   * @param {string} typed what was typed so far; empty for the next word.
   * @param {string} right
   * @param {number} count candidates wanted.
   * @param {number} beamWidth
   */
  suggest(session, left, typed, right, count, beamWidth) {
    const { finder } = this;
    const normal = this.context.normalize(typed);
    const between = this.#between(session, this.context.leftIds(left, typed), this.context.rightIds(typed, right), beamWidth);
    if (!normal) return this.#nextWords(between, left, count);
    const found = [...finder.completions(normal), ...finder.corrections(normal)];
    if (finder.lexicon.knows(normal) && !finder.blocked.has(normal)) found.push(finder.asTyped(normal));
    const candidates = this.#scored(joined(found), between, left);
    return withShares(candidates.sort((a, b) => downwards(a.score, b.score)).slice(0, count));
  }

  /** @param {Session} session @param {string} typed @param {string} left @param {number[]} leftIds @param {number[]} rightIds @param {number} beamWidth @returns {Judgement} */
  #judged(session, typed, left, leftIds, rightIds, beamWidth) {
    const { lexicon } = this.finder;
    const isKnown = lexicon.knows(typed);
    const found = this.finder.corrections(typed);
    const asTyped = this.finder.asTyped(typed);
    const judgement = { isKnown, isName: false, isError: false };
    if (!found.length) return { typed: this.#candidate(asTyped, 0), others: [], ...judgement };
    const between = this.#between(session, leftIds, rightIds, beamWidth);
    const [own, ...others] = this.#scored(joined([asTyped, ...found]), between, left);
    const best = others
      .filter((other) => !lexicon.areVariants(typed, other.text))
      .sort((a, b) => downwards(a.score, b.score));
    const [shared, ...rest] = withShares([own, ...best]);
    return { typed: shared, others: rest.slice(0, this.settings.nBest), ...judgement };
  }

  /** @param {Session} session @param {number[]} leftIds @param {number[]} rightIds @param {number} beamWidth */
  #between(session, leftIds, rightIds, beamWidth) {
    return new Between(session, leftIds, rightIds, this.#states, this.size, beamWidth);
  }

  /** Returns the likeliest words of one token; nothing is typed that they could be beside. @param {Between} between @param {string} left @param {number} count */
  #nextWords(between, left, count) {
    const { first } = between;
    const order = Int32Array.from(first.keys()).sort((a, b) => downwards(first[a], first[b]));
    /** @type {Candidate[]} */
    const found = [];
    for (let i = 0; i < order.length && found.length < count; i++) {
      const text = this.context.word(order[i], left);
      if (!text || !this.finder.lexicon.has(text) || this.finder.blocked.has(text)) continue;
      const logFrequency = this.finder.logFrequency(text);
      found.push(this.#candidate({ text, logFrequency, slips: 0 }, first[order[i]]));
    }
    return found;
  }

  /** Asks the model for words. @param {Found[]} found @param {Between} between @param {string} left */
  #scored(found, between, left) {
    const logProbs = between.logProbs(found.map(({ text }) => this.context.wordIds(text, left)));
    return found.map((one, i) => this.#candidate(one, logProbs[i]));
  }

  /** @param {Found} found @param {number} modelLogProb @returns {Candidate} */
  #candidate({ text, logFrequency, slips }, modelLogProb) {
    const { modelWeight, frequencyWeight, channelWeight } = this.settings;
    const score = modelWeight * modelLogProb + frequencyWeight * logFrequency + channelWeight * slips;
    return { text, logProb: modelLogProb, score, modelLogProb, logFrequency, slips };
  }
}

/** Returns candidates with their shares of p(word | context) p(typed | word). @param {Candidate[]} candidates */
function withShares(candidates) {
  const values = candidates.map(({ modelLogProb, slips }) => modelLogProb + slips);
  const most = Math.max(...values);
  const total = most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return candidates.map((candidate, i) => ({ ...candidate, logProb: values[i] - total }));
}
