/** Compares with what Python makes of the same texts: the lines of `python -m tests.golden`. */
import { tokenizerOf } from '../text/tokenizer.js';
import { foreignSpans } from '../text/languages.js';
import { splitSentences, splitText } from '../text/split.js';
import { findWords, withCaseOf } from '../text/words.js';

const TOLERANCE = 1e-3;

/** @typedef {{file: string, line: number, what: string, wanted: unknown, found: unknown}} Mismatch */

/**
 * @param {{corrector?: any, translator?: any, shipped?: any}} models the twins of the folder, and the shipped corrector.
 * @param {Record<string, any[]>} goldens file's name without `.jsonl` -> its lines, parsed.
 * @returns {Promise<{counts: Record<string, number>, mismatches: Mismatch[]}>} lines compared of each file.
 */
export async function checkGoldens(models, goldens) {
  /** @type {Record<string, number>} */
  const counts = {};
  /** @type {Mismatch[]} */
  const mismatches = [];
  for (const [file, lines] of Object.entries(goldens)) {
    const check = checkOf(file, models, goldens);
    if (!check) continue;
    counts[file] = 0;
    for (const [i, line] of lines.entries()) {
      if (line.is_newer) continue; // characters that Python's Unicode does not have yet
      for (const [what, wanted, found] of await check(line, i)) {
        if (!isNear(wanted, found)) mismatches.push({ file, line: i + 1, what, wanted, found });
      }
      counts[file]++;
    }
  }
  return { counts, mismatches };
}

/** Whether two values are the same, numbers nearly. @param {any} wanted @param {any} found @returns {boolean} */
function isNear(wanted, found) {
  if (typeof wanted === 'number' && typeof found === 'number') {
    return wanted === found || Math.abs(wanted - found) <= TOLERANCE * Math.max(1, Math.abs(wanted));
  }
  if (wanted === null || typeof wanted !== 'object') return wanted === found;
  const keys = Object.keys(wanted);
  const isLike = found !== null && typeof found === 'object' && keys.length === Object.keys(found).length;
  return isLike && keys.every((key) => isNear(wanted[key], found[key]));
}

/** @typedef {[string, unknown, unknown]} Comparison */

/** @param {string} file @param {any} models @param {any} goldens @returns {((line: any, i: number) => any) | undefined} */
function checkOf(file, { corrector, translator, shipped }, goldens) {
  if (/^(character|subword|word)-/.test(file)) return tokenizerCheck();
  if (file === 'texts') return textCheck(tokenizerOf(goldens['subword-any'][0]));
  if (corrector && file === 'corrections') return (line) => checkCorrection(corrector, line);
  if (shipped && file === 'shipped') return async (line) => (await checkCorrection(shipped, line)).map(withoutNumbers);
  if (corrector && file === 'judgements') return (line) => checkJudgement(corrector, line);
  if (corrector && file === 'suggestions') return (line) => checkSuggestion(corrector, line);
  if (translator && file === 'translations') return (line) => checkTranslation(translator, line);
  return undefined;
}

function tokenizerCheck() {
  /** @type {import('../text/tokenizer.js').Tokenizer} */
  let tokenizer;
  return (/** @type {any} */ line, /** @type {number} */ i) => {
    if (i === 0) {
      tokenizer = tokenizerOf(line);
      return [];
    }
    const ids = line.text === null ? line.ids : tokenizer.encode(line.text);
    return [
      ['ids', line.ids, ids],
      ['decoded', line.decoded, tokenizer.decode(line.ids)],
    ];
  };
}

/** @param {import('../text/tokenizer.js').Tokenizer} tokenizer */
const textCheck = (tokenizer) => (/** @type {any} */ { text, ...line }) => [
  ['lower', line.lower, text.toLowerCase()],
  ['words', line.words, findWords(text).map((word) => [word.start, word.end, word.text])],
  ['unprotected', line.unprotected, findWords(text, []).map((word) => word.text)],
  ['sentences', line.sentences, splitSentences(text)],
  ['pieces', line.pieces, line.pieces && splitText(text, tokenizer, 20)],
  ['foreign', line.foreign, foreignSpans(text, 'en')],
  ['cased', line.cased, line.cased && withCaseOf(text, 'wo\u00dfrd')],
];

/** @param {import('../index.js').Corrector} corrector @param {any} line @returns {Promise<Comparison[]>} */
async function checkCorrection(corrector, line) {
  corrector.capitals = line.capitals;
  const { aggressiveness } = line;
  const { text, edits } = await corrector.correct(line.text, { aggressiveness });
  corrector.capitals = false;
  return [
    ['corrected', line.corrected, text],
    ['edits', line.edits, edits],
  ];
}

/** int8 products differ between processors. @param {Comparison} comparison @returns {Comparison} */
const withoutNumbers = ([what, ...sides]) => {
  const [wanted, found] = sides.map((side) =>
    Array.isArray(side) ? side.map(({ start, end, typed, corrected }) => ({ start, end, typed, corrected })) : side,
  );
  return [what, wanted, found];
};

/** @param {import('../index.js').Corrector} corrector @param {any} line */
function checkJudgement({ words, session, defaults }, line) {
  const { left, typed, right } = line;
  const found = words.judge(session, left, typed, right, defaults.beamWidth, 0.5);
  const candidates = [found.typed, ...found.others].map((one) => [
    one.text,
    one.logProb,
    one.score,
    one.modelLogProb,
    one.logFrequency,
    one.slips,
  ]);
  return [
    ['left_ids', line.left_ids, words.context.leftIds(left, typed)],
    ['right_ids', line.right_ids, words.context.rightIds(typed, right)],
    ['is_known', line.is_known, found.isKnown],
    ['is_name', line.is_name, found.isName],
    ['is_error', line.is_error, found.isError],
    ['candidates', line.candidates, candidates],
  ];
}

/** @param {import('../index.js').Corrector} corrector @param {any} line */
function checkSuggestion(corrector, { left, typed, found }) {
  const suggestions = corrector.suggest(typed, left, '', 4);
  return [['found', found, suggestions.map(({ text, probability }) => [text, probability])]];
}

/** @param {import('../index.js').Translator} translator @param {any} line */
async function checkTranslation(translator, line) {
  const names = Object.entries(line.settings).map(([name, value]) => [
    name.replace(/_(.)/g, (/** @type {string} */ _, /** @type {string} */ letter) => letter.toUpperCase()),
    value,
  ]);
  const before = translator.settings;
  translator.settings = { ...before, ...Object.fromEntries(names) };
  /** @type {string[]} */
  const stream = [];
  /** @type {any[]} */
  let outputs = [];
  try {
    outputs = await translator.predict(line.text, { onOutput: (output) => stream.push(output.text) });
  } catch (error) {
    if (/** @type {Error} */ (error).name !== 'InputError') throw error;
  } finally {
    translator.settings = before;
  }
  const found = outputs.map((output) => ({
    text: output.text,
    log_prob: output.logProb,
    score: output.score,
    target_tokens: output.targetTokens,
    is_complete: output.isComplete,
    looked_at: output.attention?.map((/** @type {Float32Array} */ row) => row.indexOf(Math.max(...row))) ?? null,
  }));
  return [
    ['outputs', line.outputs, found],
    ['stream', line.stream, line.stream.length ? stream : []],
  ];
}
