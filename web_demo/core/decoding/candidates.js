/** What may have been meant by what was typed; `decoding/candidates.py`. */
import { NearWords } from './near-words.js';
import { downwards } from './search.js';
import { pointCount } from '../text/unicode.js';

const UNKNOWN_LOG_FREQUENCY = -25.5;
/** Characters of a beginning in which one slip is forgiven. */
const FUZZY = 4;
const MISSING = 0.5;
const SLIP_OF_BEGINNING = 4;

/**
 * A word, or two with a space; log f(word), of two the sum; log p(typed | word) of the channel.
 *
 * @typedef {{text: string, logFrequency: number, slips: number}} Found
 */

/**
 * A word that the lexicon lacks may be any that lies within some edits, or two words without the space between
 * them. One that it has may be any within one edit, or one that it is often confused with.
 */
export class CandidateFinder {
  /**
   * @param {import('../text/lexicon.js').Lexicon} lexicon
   * @param {import('../text/channel.js').ChannelModel | null} channel
   * @param {import('./settings.js').CorrectionSettings} settings
   * @param {number} count words that are found, at most.
   * @param {Set<string>} blocked words that are never found.
   */
  constructor(lexicon, channel, settings, count, blocked) {
    this.lexicon = lexicon;
    this.channel = channel;
    this.settings = settings;
    this.count = count;
    this.blocked = blocked;
    this.nearWords = new NearWords(lexicon, channel);
  }

  /** Returns log f(text): of several words the sum, and a floor for what is no word. @param {string} text */
  logFrequency(text) {
    return text.split(' ').reduce((sum, word) => {
      const index = this.lexicon.find(word);
      return sum + (index < 0 ? UNKNOWN_LOG_FREQUENCY : this.lexicon.logFrequency(index));
    }, 0);
  }

  /** Returns what may have been meant by a whole word, itself excepted. @param {string} typed */
  corrections(typed) {
    const { maxEdits } = this.settings;
    const isKnown = this.lexicon.knows(typed);
    const near = this.nearWords.find(typed, isKnown ? Math.min(1, maxEdits) : maxEdits);
    return this.#best(near.indices, near.slips, isKnown ? this.#confused(typed) : this.#splits(typed));
  }

  /** Returns the words that a beginning may become. @param {string} typed */
  completions(typed) {
    const length = pointCount(typed);
    const near = this.nearWords.find(typed, length >= FUZZY ? Math.min(1, this.settings.maxEdits) : 0, true);
    const slips = near.slips.map((slip, i) => {
      const missing = this.nearWords.length(near.indices[i]) - length;
      return slip - (MISSING * missing + (near.edits[i] > 0 ? SLIP_OF_BEGINNING : 0));
    });
    return this.#best(near.indices, slips, []);
  }

  /** Returns what was typed as what was meant. @param {string} typed @returns {Found} */
  asTyped(typed) {
    return { text: typed, logFrequency: this.logFrequency(typed), slips: 0 };
  }

  /** Joins near words and others, each with its slips, the best first. @param {Int32Array} indices @param {Float64Array} costs @param {[string, number][]} others @returns {Found[]} */
  #best(indices, costs, others) {
    const values = costs.map((slips, i) => this.#value(this.lexicon.logFrequency(indices[i]), slips));
    const most = this.count + this.blocked.size;
    const least = values.length > most ? values.slice().sort()[values.length - most] : -Infinity;
    /** @type {Map<string, number>} */
    const slips = new Map();
    values.forEach((value, i) => {
      if (value >= least) slips.set(this.lexicon.word(indices[i]), costs[i]);
    });
    for (const [text, logProb] of others) slips.set(text, Math.max(logProb, slips.get(text) ?? logProb));
    const found = [...slips].map(([text, slips]) => ({ text, logFrequency: this.logFrequency(text), slips }));
    return found
      .filter(({ text }) => !this.blocked.size || !text.split(' ').some((word) => this.blocked.has(word)))
      .sort((a, b) => downwards(this.#value(a.logFrequency, a.slips), this.#value(b.logFrequency, b.slips)))
      .slice(0, this.count);
  }

  /** @param {number} logFrequency @param {number} slips */
  #value(logFrequency, slips) {
    return this.settings.frequencyWeight * logFrequency + this.settings.channelWeight * slips;
  }

  /** Returns the pairs of words that are typed so where the space is left out. @param {string} typed @returns {[string, number][]} */
  #splits(typed) {
    if (this.settings.maxEdits < 1 || typed.includes(' ')) return [];
    const omission = this.channel?.omission(' ') ?? 0;
    /** @type {[string, number][]} */
    const pairs = [];
    for (let place = 1; place < typed.length; place++) {
      const [one, other] = [typed.slice(0, place), typed.slice(place)];
      if (this.lexicon.has(one) && this.lexicon.has(other)) pairs.push([`${one} ${other}`, omission]);
    }
    return pairs;
  }

  /** Returns the words of the lexicon that the typed one is often confused with. @param {string} typed @returns {[string, number][]} */
  #confused(typed) {
    const { channel } = this;
    const words = channel?.confusions.get(typed)?.filter((word) => this.lexicon.has(word)) ?? [];
    return words.map((word) => [word, /** @type {NonNullable<typeof channel>} */ (channel).confusionLogProb]);
  }
}

/** Returns the words of all parts, each once, with the likeliest of its slips. @param {Found[]} found */
export function joined(found) {
  /** @type {Map<string, Found>} */
  const words = new Map();
  for (const one of found) {
    const slips = Math.max(one.slips, words.get(one.text)?.slips ?? one.slips);
    words.set(one.text, { ...one, slips });
  }
  return [...words.values()];
}
