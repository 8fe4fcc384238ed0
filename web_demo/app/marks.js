/**
 * What is marked in a text that is being edited, without a page. Places are in UTF-16 units.
 *
 * @typedef {{start: number, end: number, typed: string, corrected: string, probability: number,
 *     alternatives: string[], applied: boolean}} Mark `applied`: the text holds `corrected`
 * @typedef {{start: number, end: number}} Span
 */

/** How far a change may matter to the words around it, and what is judged in one go. */
const REACH = 160;
const CONTEXT = 160;
const STRETCH = 1000;
/** What makes one word of what stands before it and behind it. */
const JOINS = /[\p{L}\p{N}\p{M}\p{Cs}'’-]/u;

/**
 * Returns what differs between two texts: `before[start:end]` has become `inserted`.
 * @param {string} before
 * @param {string} after
 * @param {number} caret behind the change, which decides where equal letters repeat
 * @returns {Span & {inserted: string}}
 */
export function change(before, after, caret) {
  const shorter = Math.min(before.length, after.length);
  const most = Math.min(shorter, Math.max(0, caret - Math.max(0, after.length - before.length)));
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { start, end: before.length - tail, inserted: after.slice(start, after.length - tail) };
}

/** The marks of one text, and the part of it that is yet to be judged. */
export class Marks {
  text = '';
  /** @type {Mark[]} in order, apart from each other */
  list = [];
  /** @type {Span | null} */
  unjudged = null;
  /** Typed words that shall stay as they are here. */
  refused = new Set();

  /**
   * Takes note of a text that was edited.
   * @param {string} text
   * @param {number} caret
   * @returns {Mark[]} the applied marks whose word the edit has put back as it was typed
   */
  edit(text, caret) {
    const { start, end, inserted } = change(this.text, text, caret);
    if (start === end && !inserted) return [];
    const by = inserted.length - (end - start);
    const last = start + inserted.length;
    const isTouched = (/** @type {Mark} */ mark) => (mark.end < start || mark.start > end ? false
      : mark.end === start ? JOINS.test(text[start] ?? '')
        : mark.start === end ? JOINS.test(text[last - 1] ?? '') : true);
    const touched = this.list.filter(isTouched);
    this.list = this.list.filter((mark) => !isTouched(mark));
    this.#shift(end, by);
    this.text = text;
    this.judgeAgain({ start: start - REACH, end: last + REACH });
    return touched.filter((mark) => mark.applied
      && text.slice(mark.start, mark.start + mark.typed.length) === mark.typed);
  }

  /** @param {Span} span is to be judged, too */
  judgeAgain(span) {
    const { start, end } = this.unjudged ?? span;
    this.unjudged = { start: Math.max(0, Math.min(start, span.start)), end: Math.min(this.text.length, Math.max(end, span.end)) };
  }

  /**
   * Returns what to judge next: `text`, of which `from` to `to` counts and all else is context.
   * @returns {{offset: number, text: string, from: number, to: number} | null}
   */
  next() {
    if (!this.unjudged) return null;
    const from = this.#gap(this.unjudged.start, -1);
    const to = this.#gap(Math.min(this.unjudged.end, from + STRETCH), 1);
    const offset = this.#gap(from - CONTEXT, -1);
    return { offset, text: this.text.slice(offset, this.#gap(to + CONTEXT, 1)), from, to };
  }

  /**
   * Takes what was found in `piece`, unless the text has changed there since.
   * @param {{offset: number, text: string, from: number, to: number}} piece of `next`
   * @param {Omit<Mark, 'applied'>[]} edits places in `piece.text`
   * @returns {boolean} whether they were taken
   */
  take(piece, edits) {
    const { offset, from, to } = piece;
    if (this.text.slice(offset, offset + piece.text.length) !== piece.text) return false;
    const kept = this.list.filter((mark) => mark.applied || mark.end <= from || mark.start >= to);
    const found = edits
      .map((edit) => ({ ...edit, start: edit.start + offset, end: edit.end + offset, applied: false }))
      .filter((mark) => mark.start >= from && mark.end <= to && !this.refused.has(mark.typed)
        && kept.every((other) => other.end < mark.start || other.start > mark.end));
    this.list = [...kept, ...found].sort((one, other) => one.start - other.start);
    if (this.unjudged) this.unjudged = to >= this.unjudged.end ? null : { start: to, end: this.unjudged.end };
    return true;
  }

  /**
   * Puts another word where a mark is; the caller changes the page's field likewise.
   * @param {Mark} mark
   * @param {string} word
   */
  replace(mark, word) {
    const by = word.length - (mark.end - mark.start);
    this.text = this.text.slice(0, mark.start) + word + this.text.slice(mark.end);
    this.#shift(mark.end, by, mark);
    mark.end += by;
    mark.corrected = word;
    mark.applied = word !== mark.typed;
    if (!mark.applied) this.leave(mark.typed);
  }

  /** @param {string} typed is to be left alone from now on, wherever it stands */
  leave(typed) {
    this.refused.add(typed);
    this.list = this.list.filter((mark) => mark.applied || mark.typed !== typed);
    this.list = this.list.filter((mark) => !(mark.applied && mark.corrected === typed));
  }

  /** @param {number} place @returns {Mark | undefined} the mark there, its ends included */
  at(place) {
    return this.list.find((mark) => mark.start <= place && place <= mark.end);
  }

  /** @param {number} end @param {number} by @param {Mark=} except */
  #shift(end, by, except) {
    for (const mark of this.list) {
      if (mark !== except && mark.start >= end) {
        mark.start += by;
        mark.end += by;
      }
    }
    if (this.unjudged) {
      const { start, end: last } = this.unjudged;
      this.unjudged = { start: start >= end ? start + by : start, end: last >= end ? last + by : last };
    }
  }

  /** Returns the nearest gap between words at or beyond a place, a word's length away at most.
   * @param {number} place @param {1 | -1} step */
  #gap(place, step) {
    let at = Math.min(Math.max(place, 0), this.text.length);
    for (let moved = 0; moved < 60 && at > 0 && at < this.text.length; moved++, at += step) {
      if (/\s/.test(this.text[step > 0 ? at : at - 1])) break;
    }
    return at;
  }
}
