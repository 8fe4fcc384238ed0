import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openModel } from '../index.js';
import { LANGUAGES } from '../text/languages.js';
import { checkGoldens } from './goldens.js';
import { ROOT, nodeRuntime, readGoldens } from './node.js';

const FOLDER = process.env.GOLDENS ?? join(ROOT, 'build/web/goldens');
if (!existsSync(join(FOLDER, 'texts.jsonl'))) {
  throw new Error(`${FOLDER} holds no goldens: run \`python -m tests.golden ${FOLDER} --interpreter litert\`.`);
}
const goldens = readGoldens(FOLDER);

/** @type {import('../runtime/litert.js').Runtime} */
let runtime;
/** @type {Record<string, any>} */
const models = {};

/** @param {string} name of a model in the folder. */
const open = (name) => openModel(runtime, new Uint8Array(readFileSync(join(FOLDER, name))), name);

before(async () => {
  runtime = await nodeRuntime();
  models.corrector = await open('en.tflite');
});

after(() => Object.values(models).forEach((model) => model.close()));

/** @param {string} file @param {number} least lines that are compared. */
async function isAsPython(file, least) {
  const lines = { 'subword-any': goldens['subword-any'].slice(0, 1), [file]: goldens[file] };
  const { counts, mismatches } = await checkGoldens(models, lines);
  assert.deepEqual(mismatches.slice(0, 3), [], `${mismatches.length} mismatches`);
  assert.ok(counts[file] >= least, String(counts[file]));
}

for (const kind of ['character', 'subword', 'word']) {
  for (const lower of ['any', 'lower']) {
    test(`${kind}s are cut as in Python, ${lower} case`, () => isAsPython(`${kind}-${lower}`, 2000));
  }
}
test('words, sentences, pieces and languages are those of Python', () => isAsPython('texts', 2000));
test('suggestions are those of Python', () => isAsPython('suggestions', 150));
// What takes longer is compared in a browser: tests/web/test_core.py.

test('small words of languages are those of Python', () => {
  const lists = goldens.languages[0];
  assert.deepEqual(Object.fromEntries([...LANGUAGES].map(([name, words]) => [name, [...words].sort()])), lists);
});

test('files of every flavour answer as in Python', async () => {
  assert.ok(goldens.flavours.length >= 20);
  for (const { file, text, outputs } of goldens.flavours) {
    const model = /** @type {any} */ (await open(file));
    model.settings = { ...model.settings, nBest: outputs.length, splitSentences: false };
    const found = await model.predict(text);
    model.close();
    assert.deepEqual(found.map((/** @type {any} */ output) => output.text), outputs.map(([text]) => text), `${file} ${text}`);
    found.forEach((/** @type {any} */ output, /** @type {number} */ i) => {
      assert.ok(Math.abs(output.score - outputs[i][1]) < 1e-3, `${file} ${text}: ${output.score} ${outputs[i][1]}`);
    });
  }
});

test('a difference is noticed', async () => {
  const [first, ...others] = goldens['word-any'];
  const i = others.findIndex((line) => !line.is_newer && line.ids.length > 1);
  const changed = { ...others[i], ids: others[i].ids.slice(1) };
  const { mismatches } = await checkGoldens({}, { 'word-any': [first, changed] });
  assert.equal(mismatches[0].what, 'ids');
});
