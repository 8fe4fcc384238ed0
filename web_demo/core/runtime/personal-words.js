/** Checks of a person's own words; `runtime/personal_words.py`. */
import { InputError, brief } from '../errors.js';
import { MAX_WORD_CHARACTERS } from '../text/lexicon.js';
import { SPACES, normalize, pointCount } from '../text/unicode.js';
import { straighten } from '../text/words.js';

const NO_WORD = new RegExp(`[\\p{Cc}\\p{Cs}${SPACES}]`, 'u');

/** What two spellings of one word have in common. @param {string} word */
export const keyOf = (word) => straighten(normalize(word)).toLowerCase();

/** @param {string} word @throws {InputError} it is no word. */
export function checkWord(word) {
  const length = Math.max(pointCount(word), pointCount(keyOf(word)));
  if (length < 1 || length > MAX_WORD_CHARACTERS || NO_WORD.test(word)) {
    const rule = 'A word must hold 1 to 48 characters, none of them white space or a control character.';
    throw new InputError(`${rule} Received: ${brief(word)}.`);
  }
  if (/^[#-]/.test(word)) throw new InputError(`A word must not begin with '#' or '-'. Received: ${brief(word)}.`);
}
