/** Words and what is thought of them -> changes of a text; `decoding/edits.py`. */
import { takeFirst, takeLast } from '../text/unicode.js';
import { withCaseOf } from '../text/words.js';

/** Of the text on either side of a word, handed on to who judges it. */
export const CONTEXT_CHARACTERS = 256;

/**
 * A change of a text.
 *
 * @typedef {object} Edit
 * @property {number} start the place in the text of the first character that is replaced, in UTF-16 units.
 * @property {number} end the place behind the last.
 * @property {string} typed what stands there.
 * @property {string} corrected what takes its place.
 * @property {number} probability the correction's share among all candidates, 0 to 1.
 * @property {string[]} alternatives what else may have been meant, the best first.
 */

/** @typedef {import('../text/words.js').TypedWord} TypedWord */
/** @typedef {(left: string, typed: string, right: string) => import('./word-corrector.js').Judgement | null} Judge */

/**
 * Yields for each word, or two, its edit or `null`, in order; none of them touch.
 *
 * A word's left context is the text as it was corrected so far. Two words with one space between them are
 * judged together first where `mayJoin` says that the space may be one too many.
 *
 * @param {string} text
 * @param {TypedWord[]} words
 * @param {Judge} judge
 * @param {(one: string, two: string) => boolean} mayJoin
 */
export function* findEdits(text, words, judge, mayJoin) {
  let left = '';
  let done = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    left = takeLast(left + text.slice(done, word.start), CONTEXT_CHARACTERS);
    done = word.start;
    /** @type {Edit | null} */
    let edit = null;
    const following = words[index + 1];
    const isNear = following?.start === word.end + 1 && text[word.end] === ' ';
    if (isNear && mayJoin(word.text, following.text)) {
      const both = { start: word.start, end: following.end, text: text.slice(word.start, following.end) };
      edit = editWord(text, both, left, judge);
      if (edit) index++;
    }
    edit ??= editWord(text, word, left, judge);
    if (edit) {
      left += edit.corrected;
      done = edit.end;
    }
    yield edit;
  }
}

/**
 * Returns how a word is to be changed, or `null` where it is not.
 *
 * @param {string} text @param {TypedWord} word @param {string} left @param {Judge} judge
 * @returns {Edit | null}
 */
export function editWord(text, word, left, judge) {
  const right = takeFirst(text.slice(word.end, word.end + 2 * CONTEXT_CHARACTERS), CONTEXT_CHARACTERS);
  const judgement = judge(left, word.text, right);
  if (!judgement?.isError) return null;
  const [best, ...others] = judgement.others;
  const corrected = asTyped(word.text, best.text);
  if (corrected === word.text) return null;
  return {
    start: word.start,
    end: word.end,
    typed: word.text,
    corrected,
    probability: Math.exp(best.logProb),
    alternatives: others.map((other) => asTyped(word.text, other.text)),
  };
}

/** Returns a text with its edits, in order. @param {string} text @param {Edit[]} edits */
export function applyEdits(text, edits) {
  let done = 0;
  const parts = [];
  for (const edit of edits) {
    parts.push(text.slice(done, edit.start), edit.corrected);
    done = edit.end;
  }
  return parts.join('') + text.slice(done);
}

/** Returns a word in the case of the typed one, with its kind of apostrophe. @param {string} typed @param {string} word */
const asTyped = (typed, word) => withCaseOf(typed, typed.includes('\u2019') ? word.replaceAll("'", '\u2019') : word);
