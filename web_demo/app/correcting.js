/** The pane that corrects while one types. */

import { LatestOnly } from './client.js';
import { Marks } from './marks.js';
import { byId, element, percent, tell, took } from './page.js';
import { keeps, recall, remember } from './storage.js';

/** @typedef {import('./marks.js').Mark} Mark */

/** UTF-16 units; of a longer text the rest is left alone. */
const MOST = 50_000;
const LISTED = 30;
const field = byId('typed');
const marks = byId('marks');
const menu = byId('menu');

/** @returns {{learned: string[], blocked: string[]}} one's own words, as far as they are words */
function stored() {
  const { learned, blocked } = recall('words', {});
  const strings = (/** @type {any} */ list) => (Array.isArray(list) ? list.filter((word) => typeof word === 'string') : []);
  return { learned: strings(learned), blocked: strings(blocked) };
}

/** What is typed, and what the model makes of it. */
export class Correcting {
  #marked = new Marks();
  #latest = new LatestOnly();
  #client;
  #key = '';
  #timer = 0;
  #replacing = false;
  #typing = false;
  /** What the list of changes shows. */
  #listed = '';
  /** How far behind the word that was last replaced the caret was: there undo puts it back. */
  #behind = 0;
  /** @type {{learned: string[], blocked: string[]}} */
  #words = stored();

  /** @param {import('./client.js').Client} client */
  constructor(client) {
    this.#client = client;
    byId('aggressiveness').value = recall('aggressiveness', 0.5);
    byId('as-typed').checked = recall('as typed', true);
    field.addEventListener('input', (/** @type {InputEvent} */ event) => this.#edited(event));
    field.addEventListener('scroll', () => { marks.scrollTop = field.scrollTop; });
    field.addEventListener('click', () => this.#show(this.#at()));
    field.addEventListener('blur', () => { this.#typing = false; this.#draw(); });
    field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape') this.#hide();
      if (event.altKey && event.key === 'ArrowDown') {
        event.preventDefault();
        this.#show(this.#at(), true);
      }
    });
    document.addEventListener('selectionchange', () => {
      if (this.#typing && document.activeElement === field) this.#settle();
    });
    document.addEventListener('pointerdown', (event) => {
      if (!menu.contains(/** @type {Node} */ (event.target))) this.#hide();
    });
    menu.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#moveInMenu(event));
    new ResizeObserver(() => this.#draw()).observe(field);
    byId('aggressiveness').addEventListener('input', (/** @type {any} */ event) => {
      remember('aggressiveness', Number(event.target.value));
      this.judgeAll();
    });
    byId('as-typed').addEventListener('change', (/** @type {any} */ event) => {
      remember('as typed', event.target.checked);
      this.#settle();
    });
    byId('correct-all').addEventListener('click', () => this.#correctAll());
    byId('word-form').addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#keep(byId('new-word').value.trim());
    });
    if (!keeps) byId('words-status').textContent = 'This browser keeps nothing: your words are forgotten with this page.';
    this.#listWords();
  }

  /** @param {string} key of an open model, which judges all from now on */
  async use(key) {
    this.#key = key;
    try {
      await this.#client.ask('words', { key, words: this.#words });
    } catch (error) { // what was stored is no word
      byId('words-status').textContent = `Your words were not read: ${/** @type {Error} */ (error).message}`;
      this.#words = { learned: [], blocked: [] };
      this.#listWords();
    }
    byId('corrector-status').textContent = 'Ready.';
    this.#marked.edit(field.value.slice(0, MOST), field.selectionStart); // a browser may have restored it
    this.judgeAll();
  }

  /** Judges the whole text again. */
  judgeAll() {
    this.#marked.judgeAgain({ start: 0, end: MOST });
    this.#judge();
  }

  /** @param {InputEvent=} event */
  #edited(event) {
    if (this.#replacing) return;
    const kind = event?.inputType ?? '';
    this.#typing = kind.startsWith('insert') && !/Paste|Drop/.test(kind);
    const back = this.#marked.edit(field.value.slice(0, MOST), field.selectionStart);
    if (kind === 'historyUndo') {
      for (const mark of back) this.#marked.leave(mark.typed);
      const caret = back.length ? back[0].start + back[0].typed.length + this.#behind : field.selectionEnd;
      if (back.length) field.setSelectionRange(caret, caret);
    }
    this.#hide();
    this.#draw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#judge(), 30);
  }

  #judge() {
    if (!this.#key) return;
    this.#latest.run(async (signal) => {
      try {
        let milliseconds = 0;
        for (let piece = this.#marked.next(); piece && !signal.aborted; piece = this.#marked.next()) {
          const aggressiveness = Number(byId('aggressiveness').value);
          const found = await this.#client.ask('correct', { key: this.#key, text: piece.text, aggressiveness }, { signal });
          if (!found.answer.isComplete) return;
          milliseconds += found.milliseconds;
          if (this.#marked.take(piece, found.answer.edits)) this.#settle();
          const left = this.#marked.unjudged;
          if (left) byId('corrector-status').textContent = `Reading: ${percent(left.start / this.#marked.text.length)} …`;
        }
        if (signal.aborted) return;
        byId('corrector-time').textContent = milliseconds ? took(milliseconds) : '';
        this.#report();
      } catch (error) {
        tell(/** @type {Error} */ (error));
      }
    });
  }

  #report() {
    const beyond = field.value.length > MOST
      ? ` Only the first ${MOST.toLocaleString('en')} characters are read.` : '';
    const count = this.#marked.list.length;
    const changed = count === 1 ? '1 word is marked.' : `${count || 'No'} words are marked.`;
    byId('corrector-status').textContent = this.#marked.text.trim() ? changed + beyond : 'Ready.';
  }

  /** Applies what may be applied while one types, and draws the rest. */
  #settle() {
    const caret = field.selectionStart;
    if (this.#typing && byId('as-typed').checked && caret === field.selectionEnd) {
      const ready = this.#marked.list.filter((mark) => !mark.applied && mark.end < caret && mark.end > caret - 80);
      for (const mark of ready) this.#replace(mark, mark.corrected);
      if (ready.length) this.#report();
    }
    this.#draw();
  }

  #correctAll() {
    for (const mark of this.#marked.list) if (!mark.applied) this.#replace(mark, mark.corrected);
    this.#report();
    this.#draw();
  }

  /** Changes a word so that the field's own undo takes it back. @param {Mark} mark @param {string} word */
  #replace(mark, word) {
    const { selectionStart, selectionEnd } = field;
    const by = word.length - (mark.end - mark.start);
    const moved = (/** @type {number} */ place) => (place >= mark.end ? place + by : Math.min(place, mark.start + word.length));
    this.#behind = selectionStart - mark.end;
    this.#replacing = true;
    const { activeElement } = document;
    const top = field.scrollTop;
    if (activeElement !== field) field.focus({ preventScroll: true });
    field.setSelectionRange(mark.start, mark.end);
    if (!document.execCommand('insertText', false, word)) field.setRangeText(word, mark.start, mark.end, 'end');
    field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    field.scrollTop = top;
    if (activeElement !== field && activeElement instanceof HTMLElement) activeElement.focus({ preventScroll: true });
    this.#replacing = false;
    this.#marked.replace(mark, word);
  }

  #at() {
    return field.selectionStart === field.selectionEnd ? this.#marked.at(field.selectionStart) : undefined;
  }

  #draw() {
    const { text, list } = this.#marked;
    const caret = this.#typing && document.activeElement === field ? field.selectionStart : -1;
    /** @type {(Node | string)[]} */
    const parts = [];
    let place = 0;
    for (const mark of list) {
      if (!mark.applied && mark.start <= caret && caret <= mark.end) continue; // is being typed
      const word = element('u', { className: mark.applied ? 'applied' : '' }, text.slice(mark.start, mark.end));
      parts.push(text.slice(place, mark.start), word);
      place = mark.end;
    }
    marks.replaceChildren(...parts, `${text.slice(place)}\n`);
    marks.scrollTop = field.scrollTop;
    this.#list(list.slice(-LISTED));
  }

  /** Lists the latest marks, unless that is what stands there: this runs with each letter. @param {Mark[]} latest */
  #list(latest) {
    const listed = latest.map(({ typed, corrected, applied }) => `${typed} ${corrected} ${applied}`).join('\n');
    if (listed === this.#listed) return;
    this.#listed = listed;
    byId('correct-all').disabled = latest.every((mark) => mark.applied);
    byId('no-changes').hidden = latest.length > 0;
    byId('changes').replaceChildren(...latest.map((mark) => element('li', {}, this.#chip(mark))));
  }

  /** @param {Mark} mark */
  #chip(mark) {
    const typed = element(mark.applied ? 'del' : 'span', {}, mark.typed);
    const button = element('button', { type: 'button' }, typed, ' → ', element('b', {}, mark.corrected), ` ${percent(mark.probability)}`);
    button.setAttribute('aria-haspopup', 'menu');
    button.addEventListener('click', () => this.#show(this.#marked.list.includes(mark) ? mark : this.#like(mark), true));
    return button;
  }

  /** A word is judged again and again: the mark that stands where an older one stood. @param {Mark} old */
  #like(old) {
    return this.#marked.list.findLast((mark) => mark.typed === old.typed && mark.corrected === old.corrected);
  }

  /** @param {Mark | undefined} mark @param {boolean=} byKeyboard */
  #show(mark, byKeyboard = false) {
    this.#hide();
    if (!mark) return;
    const item = (/** @type {string} */ label, /** @type {() => void} */ act) => {
      const button = element('button', { type: 'button', tabIndex: -1 }, label);
      button.setAttribute('role', 'menuitem');
      button.addEventListener('click', () => {
        this.#hide();
        act();
        this.#report();
        this.#draw();
        field.focus();
        field.setSelectionRange(mark.end, mark.end);
      });
      return button;
    };
    const shown = this.#marked.text.slice(mark.start, mark.end);
    const words = [...new Set([mark.corrected, ...mark.alternatives])].filter((word) => word !== shown && word !== mark.typed);
    const choices = words.map((word) => item(word, () => this.#replace(mark, word)));
    if (mark.applied) choices.push(item(`Undo: ${mark.typed}`, () => this.#refuse(mark)));
    else choices.push(item('Leave it', () => this.#marked.leave(mark.typed)));
    const line = element('hr');
    line.setAttribute('role', 'separator');
    const keep = item(`Keep “${mark.typed}” as my word`, () => {
      this.#refuse(mark);
      this.#keep(mark.typed);
    });
    menu.replaceChildren(...choices, line, keep);
    menu.hidden = false;
    const index = this.#marked.list.filter((other) => other.end <= mark.start).length;
    const place = marks.getElementsByTagName('u')[Math.min(index, marks.getElementsByTagName('u').length - 1)];
    const [box, inside] = [place?.getBoundingClientRect(), marks.getBoundingClientRect()];
    const below = box ? Math.min(Math.max(box.bottom - inside.top, 0), inside.height) : inside.height;
    menu.style.top = `${below + 4}px`;
    menu.style.left = `${Math.max(0, Math.min((box?.left ?? 0) - inside.left, inside.width - menu.offsetWidth))}px`;
    if (byKeyboard) menu.querySelector('button')?.focus();
  }

  /** @param {Mark} mark */
  #refuse(mark) {
    if (mark.applied) this.#replace(mark, mark.typed);
    this.#marked.leave(mark.typed);
  }

  #hide() {
    menu.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  #moveInMenu(event) {
    const items = [...menu.querySelectorAll('button')];
    const at = items.indexOf(/** @type {any} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -at, End: items.length - 1 - at }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      items[(at + step + items.length) % items.length].focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      this.#hide();
      field.focus();
    }
  }

  /** @param {string} word is to be left alone, and to be corrected to */
  async #keep(word) {
    if (!word) return;
    await this.#change('learn', word, `“${word}” is yours now.`);
    byId('new-word').value = '';
  }

  /** @param {'learn' | 'forget'} call @param {string} word @param {string} done */
  async #change(call, word, done) {
    const status = byId('words-status');
    try {
      if (!this.#key) throw new Error('The model is not ready yet.');
      this.#words = (await this.#client.ask(call, { key: this.#key, word })).answer;
      status.textContent = remember('words', this.#words) ? done : `${done} This browser keeps nothing, though: it is forgotten with this page.`;
    } catch (error) {
      status.textContent = /** @type {Error} */ (error).message;
    }
    this.#listWords();
    this.judgeAll();
  }

  #listWords() {
    byId('words').replaceChildren(...this.#words.learned.map((word) => {
      const button = element('button', { type: 'button' }, word, ' ✕');
      button.setAttribute('aria-label', `Forget ${word}`);
      button.addEventListener('click', () => this.#change('forget', word, `“${word}” is forgotten.`));
      return element('li', {}, button);
    }));
  }
}
