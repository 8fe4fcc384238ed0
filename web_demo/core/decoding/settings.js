/** How to decode, and how readily words are changed; `decoding/settings.py`, `correction.py`. */
import { brief, must } from '../errors.js';

/**
 * @typedef {object} DecodingSettings
 * @property {number} beamWidth K, hypotheses kept a source, 1 to 200; 1 is greedy search.
 * @property {number} lengthPenaltyAlpha a hypothesis of T tokens scores log p / T^alpha; 0 to 5.
 * @property {number} maxOutputLength tokens after which decoding stops without an end, 1 to 10,000.
 * @property {number | null} maxSourceLength S, the longest source in tokens.
 * @property {number} nBest hypotheses returned a source, 1 to `beamWidth`.
 * @property {boolean} allowUnknown decodes what was never seen in training as `<unk>`.
 * @property {'power' | 'gnmt'} lengthPenalty what divides log p: T^alpha, or ((5 + T) / 6)^alpha.
 * @property {number} coveragePenaltyBeta weight of the coverage penalty, at least 0.
 * @property {number} minOutputLength tokens before the end, below `maxOutputLength`.
 * @property {boolean} replaceUnknown replaces `<unk>` by the source token most looked at.
 * @property {number | null} timeLimitMs milliseconds after which a search stops with the best so far.
 * @property {boolean} splitLongSources decodes a source that is too long in pieces.
 * @property {boolean} splitSentences decodes each sentence of a text by itself.
 */

/** @type {DecodingSettings} */
const DECODING = {
  beamWidth: 4,
  lengthPenaltyAlpha: 1,
  maxOutputLength: 64,
  maxSourceLength: null,
  nBest: 1,
  allowUnknown: false,
  lengthPenalty: 'power',
  coveragePenaltyBeta: 0,
  minOutputLength: 0,
  replaceUnknown: false,
  timeLimitMs: null,
  splitLongSources: false,
  splitSentences: false,
};

/**
 * @typedef {object} CorrectionSettings
 * @property {number} modelWeight a, what the model's log-probability of a word counts, at least 0.
 * @property {number} frequencyWeight w, what its log frequency counts.
 * @property {number} channelWeight v, what log p(typed | word) counts.
 * @property {number} knownMargin in nats, by how much a correction must win over a word of the lexicon.
 * @property {number} unknownMargin likewise over one that is not.
 * @property {number} nameMargin by how much more where the typed word may be a name.
 * @property {number} dialSpan by how much either end of the dial moves both margins.
 * @property {number} maxEdits the largest edit distance of a correction.
 * @property {number} nBest candidates that are looked for.
 * @property {number} leftTokens of the context before the word.
 * @property {number} rightTokens likewise behind it.
 */

/** @type {CorrectionSettings} */
const CORRECTION = {
  modelWeight: 0.3,
  frequencyWeight: 0.1,
  channelWeight: 0.6,
  knownMargin: 0,
  unknownMargin: 0,
  nameMargin: 3,
  dialSpan: 1,
  maxEdits: 2,
  nBest: 4,
  leftTokens: 32,
  rightTokens: 15,
};

/** @param {string} name */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Returns the values of a document, by the names of Python. @template T @param {T & {}} defaults @param {any} document */
function read(defaults, document) {
  const found = { ...defaults };
  for (const [name, value] of Object.entries(defaults)) {
    if (!Object.hasOwn(document, snake(name))) continue;
    const given = document[snake(name)];
    const isLike = value === null ? given === null || typeof given === 'number' : typeof given === typeof value;
    must(isLike, `\`${snake(name)}\` is of a wrong type. Received: ${brief(given)}.`);
    Object.assign(found, { [name]: given });
  }
  return found;
}

/** @param {any} settings @param {string} name @param {number} least @param {number} most */
function mustCount(settings, name, least, most = 2 ** 31 - 1) {
  const value = settings[name];
  const isCount = Number.isInteger(value) && value >= least && value <= most;
  must(isCount, `\`${name}\` must be an integer from ${least} to ${most}. Received: ${brief(value)}.`);
}

/** @param {any} settings @param {string} name @param {number} least @param {number} most */
function mustNumber(settings, name, least, most) {
  const value = settings[name];
  const isNumber = Number.isFinite(value) && value >= least && value <= most;
  must(isNumber, `\`${name}\` must be a finite number from ${least} to ${most}. Received: ${brief(value)}.`);
}

/**
 * Returns settings, those that are not given being Python's.
 *
 * @param {Partial<DecodingSettings>} given
 * @returns {DecodingSettings}
 * @throws {RangeError} a value lies outside its range.
 */
export function decodingSettings(given) {
  const settings = { ...DECODING, ...given };
  mustCount(settings, 'beamWidth', 1, 200);
  mustNumber(settings, 'lengthPenaltyAlpha', 0, 5);
  mustCount(settings, 'maxOutputLength', 1, 10_000);
  if (settings.maxSourceLength !== null) mustCount(settings, 'maxSourceLength', 1);
  mustCount(settings, 'nBest', 1, settings.beamWidth);
  mustNumber(settings, 'coveragePenaltyBeta', 0, Number.MAX_VALUE);
  mustCount(settings, 'minOutputLength', 0, settings.maxOutputLength - 1);
  if (settings.timeLimitMs !== null) mustNumber(settings, 'timeLimitMs', Number.MIN_VALUE, Number.MAX_VALUE);
  const isPenalty = ['power', 'gnmt'].includes(settings.lengthPenalty);
  must(isPenalty, `\`lengthPenalty\` must be power or gnmt. Received: ${brief(settings.lengthPenalty)}.`);
  return settings;
}

/** Returns those that `model.json` holds among other keys. @param {any} metadata */
export function decodingOf(metadata) {
  const { nBest, timeLimitMs, splitLongSources, splitSentences, ...kept } = DECODING;
  return decodingSettings(read(kept, metadata));
}

/** Returns those that `model.json` holds under `correction`. @param {any} described @throws {RangeError} */
export function correctionOf(described) {
  must(described !== null && typeof described === 'object', '`correction` must be an object.');
  const settings = read(CORRECTION, described);
  for (const name of ['maxEdits', 'leftTokens', 'rightTokens']) mustCount(settings, name, 0);
  mustCount(settings, 'nBest', 1);
  const weights = ['modelWeight', 'frequencyWeight', 'channelWeight', 'dialSpan'];
  for (const name of weights) mustNumber(settings, name, 0, Number.MAX_VALUE);
  const margins = ['knownMargin', 'unknownMargin', 'nameMargin'];
  for (const name of margins) mustNumber(settings, name, -Number.MAX_VALUE, Number.MAX_VALUE);
  return settings;
}

/**
 * Returns by how many nats a correction must win.
 *
 * @param {CorrectionSettings} settings
 * @param {boolean} isKnown
 * @param {number} aggressiveness 0.5 leaves the margin as it is, 1 lowers it by `dialSpan`, 0 raises it by as much.
 * @param {boolean} isName
 */
export function marginOf(settings, isKnown, aggressiveness, isName = false) {
  mustNumber({ aggressiveness }, 'aggressiveness', 0, 1);
  const margin = (isKnown ? settings.knownMargin : settings.unknownMargin) + (isName ? settings.nameMargin : 0);
  return margin + 2 * settings.dialSpan * (0.5 - aggressiveness);
}
