/** Text as it was typed -> text as it was meant; `runtime/corrector.py`. */
import { ArtifactError, must } from '../errors.js';
import { CONTEXT_CHARACTERS, applyEdits, editWord, findEdits } from '../decoding/edits.js';
import { correctionOf, marginOf } from '../decoding/settings.js';
import { WordCorrector } from '../decoding/word-corrector.js';
import { ChannelModel } from '../text/channel.js';
import { foreignSpans } from '../text/languages.js';
import { WORD, isLowerText, normalize, takeFirst, takeLast } from '../text/unicode.js';
import { PROTECTED_KINDS, findWords, straighten, withCaseOf } from '../text/words.js';
import { Model } from './model.js';
import { checkWord, keyOf } from './personal-words.js';
import { inSlices } from './slices.js';

/** Of a personal word in running text, as long as nothing better is known. */
const PERSONAL_FREQUENCY = 1e-6;
/** What follows a letter that is part of an abbreviation, as in `i.e.`, or counts: `i)`. */
const NO_SENTENCE = new RegExp(`^(?:\\.[${WORD}]|[-)])`, 'u');

/** @typedef {import('../decoding/edits.js').Edit} Edit */
/**
 * What became of a text: `text` is the corrected one; where nothing was corrected, `source` itself.
 *
 * @typedef {{source: string, text: string, edits: Edit[], isComplete: boolean}} Correction
 */
/** @typedef {{learned: string[], blocked: string[]}} PersonalWords */

/** Corrects texts word by word, each in its context, with a file that holds a lexicon. */
export class Corrector extends Model {
  kind = /** @type {const} */ ('corrector');
  /** Whether right words get the capitals that they always have. */
  capitals = false;
  /** What is never changed. */
  protectedKinds = PROTECTED_KINDS;
  /** @type {PersonalWords} */
  #personal = { learned: [], blocked: [] };
  /** @type {Set<string>} */
  #known = new Set();

  /** @param {import('./artifact.js').Artifact} artifact @param {import('./litert.js').Runtime} runtime */
  constructor(artifact, runtime) {
    super(artifact, runtime);
    try {
      this.words = this.refusing(() => wordCorrector(artifact));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Corrects a text; all that is not corrected stays as it is, character by character. So do sentences in another
   * language than the model's.
   *
   * @param {string} text
   * @param {{aggressiveness?: number, isCancelled?: () => boolean}} [options] `isCancelled` is asked before each
   *     word; what was found until then is kept.
   * @returns {Promise<Correction>}
   */
  async correct(text, { aggressiveness = 0.5, isCancelled = () => false } = {}) {
    const judge = this.#judge(aggressiveness);
    const mayJoin = this.#mayJoin.bind(this);
    const found = findEdits(text, findWords(text, this.protectedKinds), judge, mayJoin);
    /** @type {Edit[]} */
    const edits = [];
    const isComplete = await inSlices(
      (function* () {
        while (!isCancelled()) {
          const { done, value } = found.next();
          if (done) return true;
          if (value) edits.push(value);
          yield;
        }
        return false;
      })(),
    );
    const kept = this.#ofItsLanguage(text, edits);
    return { source: text, text: applyEdits(text, kept), edits: kept, isComplete };
  }

  /**
   * Corrects one word in its context, as a keyboard does where a word ends.
   *
   * @param {string} word one word, or anything: what is no word, or is protected, is left alone.
   * @param {string} left @param {string} right
   * @param {{aggressiveness?: number}} [options]
   * @returns {Edit | null} the change, with places in `word`.
   */
  correctWord(word, left = '', right = '', { aggressiveness = 0.5 } = {}) {
    const judge = this.#judge(aggressiveness);
    const [found, other] = findWords(word, this.protectedKinds);
    if (found?.text !== word || other) return null;
    const edit = editWord(word + right, found, left, judge);
    if (!edit) return null;
    const near = takeLast(left, CONTEXT_CHARACTERS);
    const there = { ...edit, start: near.length, end: near.length + word.length };
    return this.#ofItsLanguage(near + word + takeFirst(right, CONTEXT_CHARACTERS), [there]).length ? edit : null;
  }

  /**
   * Returns what may have been meant by a word, or what it may become, the best first.
   *
   * @param {string} word what was typed so far; empty for the next word.
   * @param {string} left @param {string} right
   * @param {number} count suggestions wanted.
   * @returns {{text: string, probability: number}[]} none for what the model cannot read.
   */
  suggest(word, left = '', right = '', count = 3) {
    must(Number.isInteger(count) && count >= 1, `\`count\` must be a positive integer. Received: ${count}.`);
    if (word && !this.words.takes(word)) return [];
    const found = this.words.suggest(this.session, left, word, right, count, this.defaults.beamWidth);
    const { lexicon } = this.words.finder;
    return found.map(({ text, logProb }) => ({
      text: withCaseOf(word, lexicon.spelled(text)),
      probability: Math.exp(logProb),
    }));
  }

  /** A person's own words, which are left alone and may be suggested, and words that never are. */
  get personalWords() {
    return structuredClone(this.#personal);
  }

  /** @param {PersonalWords} words @throws {import('../errors.js').InputError} one is no word. */
  usePersonalWords({ learned, blocked }) {
    for (const word of [...learned, ...blocked]) checkWord(word);
    this.#personal = { learned: [...learned], blocked: [...blocked] };
    const { context } = this.words;
    const spellings = new Map(learned.map((word) => [context.normalize(word), straighten(normalize(word))]));
    const own = [...spellings].filter(([word, spelling]) => spelling.toLowerCase() === word);
    const shipped = /** @type {import('../text/lexicon.js').Lexicon} */ (this.artifact.lexicon);
    const lexicon = shipped.changed([...spellings.keys()], PERSONAL_FREQUENCY, own.map(([, spelling]) => spelling));
    this.words.useWords(lexicon, new Set(blocked.map((word) => context.normalize(word))));
    this.#known = new Set(spellings.keys());
  }

  /** Adds a personal word. @param {string} word @throws {import('../errors.js').InputError} it is no word. */
  learn(word) {
    this.#change(word, [word], []);
  }

  /** Sees to it that a word is never suggested. @param {string} word @throws {import('../errors.js').InputError} */
  block(word) {
    this.#change(word, [], [word]);
  }

  /** Removes a personal word, or lifts a block. @param {string} word @throws {import('../errors.js').InputError} */
  forget(word) {
    this.#change(word, [], []);
  }

  /** @param {string} word @param {string[]} learned @param {string[]} blocked */
  #change(word, learned, blocked) {
    checkWord(word);
    const isOther = (/** @type {string} */ other) => keyOf(other) !== keyOf(word);
    this.usePersonalWords({
      learned: [...this.#personal.learned.filter(isOther), ...learned],
      blocked: [...this.#personal.blocked.filter(isOther), ...blocked],
    });
  }

  /** @param {number} aggressiveness @returns {import('../decoding/edits.js').Judge} */
  #judge(aggressiveness) {
    const { words } = this;
    marginOf(words.settings, true, aggressiveness); // refuses what is no such number
    return (left, typed, right) => {
      if (this.#known.has(words.context.normalize(typed)) || !words.takes(typed)) return null;
      const judgement = words.judge(this.session, left, typed, right, this.defaults.beamWidth, aggressiveness);
      const { lexicon } = words.finder;
      const candidates = [judgement.typed, ...judgement.others];
      const spelled = candidates.map((candidate) => ({ ...candidate, text: lexicon.spelled(candidate.text) }));
      if (this.capitals && !judgement.isError && isLowerText(typed)) {
        const isError = spelled[0].text !== judgement.typed.text && !NO_SENTENCE.test(right);
        return { ...judgement, others: spelled, isError };
      }
      return { ...judgement, others: spelled.slice(1) };
    };
  }

  /** Whether the space between two words may be one too many. @param {string} one @param {string} two */
  #mayJoin(one, two) {
    const { context, finder } = this.words;
    const [first, second] = [context.normalize(one), context.normalize(two)];
    const { lexicon } = finder;
    return !(lexicon.has(first) && lexicon.has(second)) && lexicon.has(first + second);
  }

  /** Leaves out the edits of sentences in another language than the model's. @param {string} text @param {Edit[]} edits */
  #ofItsLanguage(text, edits) {
    const language = this.artifact.metadata.source_language;
    if (!edits.length || typeof language !== 'string') return edits;
    const spans = foreignSpans(text, language);
    let place = 0;
    return edits.filter(({ start }) => {
      while (place < spans.length && spans[place][1] <= start) place++;
      return place === spans.length || start < spans[place][0];
    });
  }
}

/** Returns what judges words by a file's lexicon and channel. @param {import('./artifact.js').Artifact} artifact */
function wordCorrector({ name, metadata, lexicon, sourceTokenizer, targetTokenizer }) {
  if (metadata.task !== 'correction' || !lexicon) {
    throw new ArtifactError(`${name}: a corrector opens files with a lexicon whose task is correction.`);
  }
  if ('start' in metadata.signatures) throw new ArtifactError(`${name}: a corrector's file must be exported stateless.`);
  const settings = correctionOf(metadata.correction);
  const longest = metadata.max_source_length;
  must(
    settings.rightTokens < longest,
    `\`right_tokens\` ${settings.rightTokens} and an end are more than the file's sources of at most ${longest} tokens.`,
  );
  must(sourceTokenizer.equals(targetTokenizer), 'Both sides must have one tokeniser.');
  const channel = 'channel' in metadata ? ChannelModel.fromMetadata(metadata.channel) : null;
  return new WordCorrector(sourceTokenizer, lexicon, settings, channel);
}
