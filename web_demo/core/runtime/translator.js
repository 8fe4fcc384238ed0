/** Texts -> texts; `decoding/predictor.py`, `runtime/seq2seq_lite.py`, `runtime/translator.py`. */
import { CancelledError, InputError, brief } from '../errors.js';
import { bestChoices, joinPredictions } from '../decoding/prediction.js';
import { Search } from '../decoding/search.js';
import { decodingSettings } from '../decoding/settings.js';
import { splitSentences, splitText } from '../text/split.js';
import { BOS, EOS, PAD, UNK } from '../text/tokenizer.js';
import { normalize, pointCount, strip } from '../text/unicode.js';
import { Model } from './model.js';
import { inSlices } from './slices.js';

const MAX_TEXT_CHARACTERS = 50_000;

/** @typedef {import('../decoding/prediction.js').Prediction} Prediction */
/** @typedef {import('../decoding/settings.js').DecodingSettings} DecodingSettings */
/** @typedef {{isCancelled?: () => boolean, onOutput?: (output: Prediction) => void}} Options */
/** @typedef {{text: string, ids: number[]}} Source */

export class Translator extends Model {
  kind = /** @type {const} */ ('translator');
  /** @type {DecodingSettings} */
  #settings;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {import('./artifact.js').Artifact} artifact @param {import('./litert.js').Runtime} runtime */
  constructor(artifact, runtime) {
    super(artifact, runtime);
    this.#settings = { ...this.defaults, splitLongSources: true, splitSentences: true };
  }

  /** How texts are decoded. Sources are never longer than the file takes. */
  get settings() {
    return this.#settings;
  }

  set settings(given) {
    const settings = decodingSettings(given);
    const longest = Math.min(settings.maxSourceLength ?? Infinity, this.defaults.maxSourceLength ?? Infinity);
    this.#settings = { ...settings, maxSourceLength: longest };
  }

  /** Translates a text: the best output of `predict`. @param {string} text @param {Options} [options] */
  async translate(text, options) {
    const [best] = await this.predict(text, options);
    return best;
  }

  /**
   * Decodes a text, the n best, the best first. What was asked for before ends first.
   *
   * @param {string} text
   * @param {Options} [options] `isCancelled` is asked before each step; `onOutput` gets the best output so far
   *     after each: in greedy search one token more, in beam search that of the best beam so far.
   * @returns {Promise<Prediction[]>}
   * @throws {InputError} the text is empty or too long, or holds tokens never seen in training.
   * @throws {CancelledError}
   */
  predict(text, options = {}) {
    const found = this.#last.then(() => inSlices(this.#decode(text, this.#settings, options)));
    this.#last = found.catch(() => {});
    return found;
  }

  /** @param {string} text @param {DecodingSettings} settings @param {Options} options */
  *#decode(text, settings, { isCancelled, onOutput }) {
    const parts = this.#parts(text, settings);
    const texts = parts.length ? parts.map(strip) : [text];
    const sources = texts.map((part) => this.#checked(part, settings));
    const endTime = performance.now() + (settings.timeLimitMs ?? Infinity);
    /** @type {Prediction[][]} */
    const found = [];
    for (const source of sources) {
      if (found.length && performance.now() >= endTime) break;
      /** @type {Search | null} */
      let search = null;
      for (let isOn = true; isOn; ) {
        if (isCancelled?.()) throw new CancelledError('The search was cancelled.');
        search ??= new Search(this.session, source.ids, settings, endTime);
        isOn = search.advance();
        const best = onOutput && search.standing()[0];
        if (best) {
          const output = this.#prediction(source, best, settings);
          const done = found.map(([first]) => first ?? null);
          onOutput(parts.length ? joinPredictions(parts, [...done, output], false) : output);
        }
        yield;
      }
      const standing = search?.standing() ?? [];
      found.push(standing.map((hypothesis) => this.#prediction(source, hypothesis, settings)));
    }
    if (!parts.length) return found[0];
    const isCut = found.length < parts.length;
    return bestChoices(found, settings.nBest).map((chosen) => joinPredictions(parts, chosen, isCut));
  }

  /** Returns the pieces that a text is to be decoded in; none where it is not split. @param {string} text @param {DecodingSettings} settings */
  #parts(text, settings) {
    const { splitSentences: bySentence, splitLongSources, maxSourceLength: limit } = settings;
    if (!bySentence && !(splitLongSources && limit !== null)) return [];
    mustBeText(text);
    let parts = bySentence ? splitSentences(text) : [text];
    if (limit !== null) {
      const { sourceTokenizer: tokenizer } = this.artifact;
      parts = parts.flatMap((part) => (tokenizer.encode(part).length <= limit ? [part] : splitText(part, tokenizer, limit)));
    }
    const isBare = parts.length === 1 && (!bySentence || text === strip(text));
    return isBare ? [] : parts;
  }

  /** @param {string} text @param {DecodingSettings} settings @returns {Source} */
  #checked(text, { maxSourceLength: limit, allowUnknown }) {
    mustBeText(text);
    const { sourceTokenizer: tokenizer } = this.artifact;
    const ids = tokenizer.encode(text);
    if (limit !== null && ids.length > limit) {
      throw new InputError(`The text must hold at most ${limit} tokens. Received ${ids.length}: ${brief(text)}`);
    }
    const unknown = allowUnknown ? [] : tokenizer.unknown(text);
    if (unknown.length) {
      const shown = unknown.slice(0, 5).map((piece) => `'${tokenizer.join([piece])}'`).join(', ');
      throw new InputError(`The text holds ${tokenizer.kind}s never seen in training: ${shown}.`);
    }
    return { text, ids };
  }

  /** @param {Source} source @param {import('../decoding/search.js').Hypothesis} hypothesis @param {DecodingSettings} settings @returns {Prediction} */
  #prediction(source, { ids, logProb, score, attention, timedOut }, settings) {
    const { sourceTokenizer, targetTokenizer } = this.artifact;
    const sourceTokens = sourceTokenizer.pieces(source.text);
    const isReplaced = settings.replaceUnknown && attention !== null;
    return {
      text: normalize(isReplaced ? this.#replaced(ids, sourceTokens, attention) : targetTokenizer.decode(ids)),
      logProb,
      score,
      sourceTokens,
      targetTokens: ids.map((id) => targetTokenizer.tokens[id]),
      attention,
      isComplete: ids.includes(EOS),
      timedOut,
      pieces: [],
    };
  }

  /** Returns the text, each `<unk>` replaced by the source token most looked at. @param {number[]} ids @param {string[]} sourceTokens @param {Float32Array[]} weights */
  #replaced(ids, sourceTokens, weights) {
    const { targetTokenizer } = this.artifact;
    const pieces = ids.map((id, t) => {
      if (id === PAD || id === BOS || id === EOS) return '';
      return id === UNK ? sourceTokens[weights[t].indexOf(Math.max(...weights[t]))] : targetTokenizer.tokens[id];
    });
    return targetTokenizer.join(pieces.filter(Boolean));
  }
}

/** @param {string} text */
function mustBeText(text) {
  if (!strip(text)) throw new InputError('The text is empty.');
  if (text.length > MAX_TEXT_CHARACTERS && pointCount(text) > MAX_TEXT_CHARACTERS) {
    throw new InputError(`The text must hold at most ${MAX_TEXT_CHARACTERS} characters. Received: ${pointCount(text)}.`);
  }
}
