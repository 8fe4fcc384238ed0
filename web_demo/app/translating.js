/** The pane that translates, and shows what each piece of the output looked at. */

import { LatestOnly } from './client.js';
import { byId, element, percent, tell, took } from './page.js';

/** UTF-16 units of a text. */
const MOST = 5000;
const PAUSE_MS = 250;
const MOST_CELLS = 4000;

/** @typedef {{element: HTMLElement, mark: (row: number, on: boolean) => void}} Table */

/** A text and its translation. */
export class Translating {
  #latest = new LatestOnly();
  #client;
  #key = '';
  #timer = 0;

  /** @param {import('./client.js').Client} client */
  constructor(client) {
    this.#client = client;
    byId('source').addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#translate(), PAUSE_MS);
    });
  }

  /** @param {string} key of an open model, which translates from now on */
  use(key) {
    this.#key = key;
    byId('translator-status').textContent = 'Ready.';
    this.#translate();
  }

  #translate() {
    if (!this.#key) return;
    const whole = byId('source').value;
    const text = whole.slice(0, MOST).toWellFormed?.() ?? whole.slice(0, MOST);
    this.#latest.run(async (signal) => {
      const status = byId('translator-status');
      if (!text.trim()) {
        this.#show([], '');
        status.textContent = 'Ready.';
        return;
      }
      status.textContent = 'Translating …';
      try {
        const { answer, milliseconds } = await this.#client.ask('translate', { key: this.#key, text }, {
          signal,
          onOutput: (output) => { if (!signal.aborted) byId('translation').textContent = output.text; },
        });
        if (signal.aborted) return;
        this.#show(answer.pieces?.length ? answer.pieces : [answer], answer.text);
        status.textContent = whole.length > MOST
          ? `Only the first ${MOST.toLocaleString('en')} characters are translated.`
          : answer.isComplete ? 'Done.' : 'The text is too long for the model: the translation is cut off.';
        byId('translator-time').textContent = took(milliseconds);
      } catch (error) {
        const { name, message } = /** @type {Error} */ (error);
        if (name === 'CancelledError' || signal.aborted) return;
        status.textContent = '';
        this.#show([], '');
        tell(message);
      }
    });
  }

  /** @param {any[]} sentences each a prediction with its alignment @param {string} text of all */
  #show(sentences, text) {
    tell('');
    byId('translation').lang = document.getElementById('translator')?.dataset.target ?? '';
    const tables = [];
    const spans = [];
    let cells = 0;
    for (const sentence of sentences) {
      cells += (sentence.attention?.length ?? 0) * (sentence.sourceTokens?.length ?? 0);
      if (!sentence.attention || cells > MOST_CELLS) continue;
      const table = this.#table(sentence);
      tables.push(table.element);
      if (spans.length) spans.push(' ');
      spans.push(...this.#pieces(sentence, table));
    }
    // A character of which two pieces hold a part each can be shown in the whole only.
    const isSame = spans.map((span) => span.textContent ?? span).join('').trim() === text.trim();
    byId('translation').replaceChildren(...(isSame ? spans : [text]));
    byId('alignment').replaceChildren(...tables);
  }

  /** Tokens as they stand in the text: a piece that begins a word brings its space. @param {any} sentence @param {Table} table */
  #pieces({ targetTokens, attention, sourceTokens }, table) {
    const tokens = targetTokens.filter((/** @type {string} */ token) => token !== '<eos>');
    return tokens.map((/** @type {string} */ token, /** @type {number} */ row) => {
      const span = element('span', { tabIndex: 0 }, row ? shown(token) : shown(token).trimStart());
      const looked = best(attention[row], sourceTokens);
      span.title = looked;
      span.setAttribute('aria-label', `${shown(token).trim()}: looked at ${looked}`);
      span.setAttribute('role', 'note');
      const mark = (/** @type {boolean} */ on) => table.mark(row, on);
      span.addEventListener('pointerenter', () => mark(true));
      span.addEventListener('pointerleave', () => mark(false));
      span.addEventListener('focus', () => mark(true));
      span.addEventListener('blur', () => mark(false));
      return span;
    });
  }

  /** @param {any} sentence @returns {Table} */
  #table({ sourceTokens, targetTokens, attention }) {
    const heads = sourceTokens.map((/** @type {string} */ token) => element('th', { scope: 'col' }, shown(token)));
    const rows = attention.map((/** @type {Float32Array} */ weights, /** @type {number} */ row) => {
      const cells = sourceTokens.map((/** @type {string} */ token, /** @type {number} */ column) => {
        const share = weights[column];
        const cell = element('td', { title: `${shown(targetTokens[row])} → ${shown(token)}: ${percent(share)}` });
        cell.style.backgroundColor = `rgba(var(--heat), ${share.toFixed(3)})`;
        return cell;
      });
      return element('tr', {}, element('th', { scope: 'row' }, shown(targetTokens[row] ?? '')), ...cells);
    });
    const table = element('table', {},
      element('thead', {}, element('tr', {}, element('td'), ...heads)), element('tbody', {}, ...rows));
    return {
      element: table,
      mark: (/** @type {number} */ row, /** @type {boolean} */ on) => {
        rows[row].classList.toggle('looked', on);
        const most = Math.max(...attention[row]);
        heads.forEach((/** @type {Element} */ head, /** @type {number} */ column) => {
          head.classList.toggle('looked', on && attention[row][column] > 0.5 * most);
        });
      },
    };
  }
}

/** @param {string} token */
const shown = (token) => token.replaceAll('▁', ' ');

/** @param {Float32Array} weights @param {string[]} tokens @returns {string} the pieces with most of the weight */
function best(weights, tokens) {
  const order = [...weights.keys()].sort((one, other) => weights[other] - weights[one]).slice(0, 3);
  return order.filter((at) => weights[at] >= 0.1).map((at) => `${shown(tokens[at]).trim()} ${percent(weights[at])}`).join(', ');
}
