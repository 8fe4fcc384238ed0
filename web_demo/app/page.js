/** What the panes share: elements, figures, the model's card. */

/** @param {string} id @returns {any} the element of that id */
export const byId = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {object} properties of the element
 * @param {(Node | string)[]} children
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** @param {number} milliseconds */
export const took = (milliseconds) => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;

/** @param {number} share from 0 to 1 */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {Error | string} problem is shown until the next one, or until it is `''` */
export function tell(problem) {
  byId('problem').textContent = typeof problem === 'string' ? problem : problem.message;
}

/** @param {any} value of `model.json` @param {string} between what stands between its parts @returns {string} */
function plain(value, between = '\n') {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map((part) => plain(part, ', ')).join('; ');
  return Object.entries(value).map(([name, part]) => `${name.replaceAll('_', ' ')}: ${plain(part, ', ')}`).join(between);
}

/** @param {HTMLElement} list a `dl` @param {any} card of the model */
export function showCard(list, card) {
  const { metadata: { channel, signatures, sha256, ...metadata }, sourceTokenizer, targetTokenizer, lexiconWords } = card;
  const tokens = (/** @type {{kind: string, size: number}} */ { kind, size }) => `${kind}, ${size.toLocaleString('en')} tokens`;
  const rows = {
    file: card.name,
    size: `${card.bytes.toLocaleString('en')} bytes, of which the graph takes ${card.graphBytes.toLocaleString('en')}`,
    'source tokeniser': tokens(sourceTokenizer),
    'target tokeniser': tokens(targetTokenizer),
    ...(lexiconWords ? { lexicon: `${lexiconWords.toLocaleString('en')} words` } : {}),
    ...metadata,
  };
  list.replaceChildren(...Object.entries(rows).flatMap(([name, value]) => [
    element('dt', {}, name.replaceAll('_', ' ')), element('dd', {}, plain(value)),
  ]));
}
