import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ArtifactError, CancelledError, InputError, openModel } from '../index.js';
import { LiteRtSession } from '../runtime/session.js';
import { modelBytes, nodeRuntime, openShipped } from './node.js';

/** @type {import('../runtime/litert.js').Runtime} */
let runtime;
/** @type {import('../index.js').Corrector} */
let corrector;
/** @type {import('../index.js').Translator} */
let translator;

before(async () => {
  runtime = await nodeRuntime();
  corrector = /** @type {any} */ (await openShipped(runtime, 'en.tflite'));
  translator = /** @type {any} */ (await openShipped(runtime, 'en-fr.tflite'));
});

after(() => {
  corrector.close();
  translator.close();
});

test('a text is corrected', async () => {
  const { source, text, edits, isComplete } = await corrector.correct('I recieved teh letter.');
  assert.equal(text, 'I received the letter.');
  assert.equal(source, 'I recieved teh letter.');
  assert.ok(isComplete);
  assert.deepEqual(
    edits.map(({ start, end, typed, corrected }) => [start, end, typed, corrected]),
    [
      [2, 10, 'recieved', 'received'],
      [11, 14, 'teh', 'the'],
    ],
  );
  assert.ok(edits[0].probability > 0.9 && edits[0].probability <= 1);
});

test('one word is corrected as in its text', () => {
  const edit = corrector.correctWord('recieved', 'I ', ' teh letter.');
  assert.deepEqual([edit?.start, edit?.end, edit?.corrected], [0, 8, 'received']);
  assert.equal(corrector.correctWord('received', 'I ', ' the letter.'), null);
  assert.equal(corrector.correctWord('http://teh.org', 'see ', ''), null);
  assert.throws(() => corrector.correctWord('teh', '', '', { aggressiveness: 2 }), /aggressiveness/);
});

test('a correction that is cancelled keeps what was found', async () => {
  let asked = 0;
  const { text, isComplete } = await corrector.correct('teh cat and teh dog', { isCancelled: () => asked++ >= 2 });
  assert.equal(text, 'the cat and teh dog');
  assert.equal(isComplete, false);
});

test('a long text lets messages in between', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await corrector.correct('Teh weather was verry nice tody. '.repeat(20));
  clearInterval(timer);
  assert.ok(turns >= 2, String(turns));
});

test('personal words are left alone, suggested, blocked and forgotten', async () => {
  assert.notEqual((await corrector.correct('teh')).text, 'teh');
  corrector.learn('Teh');
  assert.equal((await corrector.correct('teh')).text, 'teh');
  assert.deepEqual(corrector.personalWords, { learned: ['Teh'], blocked: [] });
  corrector.learn('frobnicate');
  assert.ok(corrector.suggest('frobnic', 'We ').some(({ text }) => text === 'frobnicate'));
  corrector.forget('TEH');
  assert.deepEqual(corrector.personalWords, { learned: ['frobnicate'], blocked: [] });
  corrector.block('the');
  assert.notEqual((await corrector.correct('teh cat')).text, 'the cat');
  corrector.usePersonalWords({ learned: [], blocked: [] });
  assert.equal((await corrector.correct('teh cat')).text, 'the cat');
  for (const word of ['', 'two words', '#tag', '-dash', 'a\u0007', 'x'.repeat(49), '\ud800']) {
    assert.throws(() => corrector.learn(word), InputError, JSON.stringify(word));
  }
});

test('the next word is suggested', () => {
  const found = corrector.suggest('', 'I would like a cup of ');
  assert.equal(found.length, 3);
  assert.ok(found.every(({ probability }, i) => probability > 0 && probability <= (found[i - 1]?.probability ?? 1)));
  assert.throws(() => corrector.suggest('a', '', '', 0), /count/);
});

test('odd texts are corrected without an error', async () => {
  const constructor = 'constructor __proto__ toString hasOwnProperty valueOf';
  for (const text of ['', ' \n', '\ud800 teh \udc00', '\u0000', '`'.repeat(999), 'a\u0301'.repeat(200), constructor]) {
    const { source, isComplete } = await corrector.correct(text);
    assert.deepEqual([source, isComplete], [text, true]);
  }
});

test('a text is translated, with its alignment', async () => {
  const output = await translator.translate('I have a small house.');
  assert.match(output.text, /maison/);
  assert.equal(output.attention?.length, output.targetTokens.length);
  for (const row of output.attention ?? []) {
    assert.equal(row.length, output.sourceTokens.length);
    assert.ok(Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-3);
  }
});

test('sentences are translated by themselves', async () => {
  const output = await translator.translate('  I am here.  Where are you?\n');
  assert.equal(output.attention, null);
  assert.equal(output.pieces.length, 2);
  const [one, two] = output.pieces;
  assert.equal(output.text, `  ${one.text}  ${two.text}\n`);
  assert.equal(one.attention?.length, one.targetTokens.length);
});

test('outputs are told as they grow', async () => {
  translator.settings = { ...translator.settings, beamWidth: 1 };
  /** @type {string[]} */
  const texts = [];
  const output = await translator.translate('Where is my umbrella?', { onOutput: ({ text }) => texts.push(text) });
  translator.settings = { ...translator.settings, beamWidth: 4 };
  assert.ok(texts.length > 3);
  assert.equal(texts.at(-1), output.text);
  texts.forEach((text, i) => assert.ok(text.startsWith(texts[i - 1] ?? ''), text));
});

test('a translation is cancelled, and the next one is not', async () => {
  let asked = 0;
  const cancelled = translator.translate('This is a long sentence.', { isCancelled: () => asked++ > 2 });
  const next = translator.translate('Thank you.');
  await assert.rejects(cancelled, CancelledError);
  assert.equal(asked, 4);
  assert.match((await next).text, /Merci/);
});

test('translations asked for at once do not mix', async () => {
  const texts = ['Where are you?', 'I am tired.', 'The train leaves at eight.'];
  const together = await Promise.all(texts.map((text) => translator.translate(text)));
  for (const [i, text] of texts.entries()) {
    assert.equal((await translator.translate(text)).text, together[i].text);
  }
});

test('a time limit ends a search with the best so far', async () => {
  translator.settings = { ...translator.settings, timeLimitMs: 1e-3 };
  const output = await translator.translate('The first sentence is long enough. The second is not looked at.');
  translator.settings = { ...translator.settings, timeLimitMs: null };
  assert.ok(output.timedOut && !output.isComplete);
  assert.equal(output.pieces.length, 1);
});

test('what cannot be translated is told', async () => {
  await assert.rejects(translator.translate(' \n'), InputError);
  await assert.rejects(translator.translate('a '.repeat(50_001)), /at most 50000 characters/);
  assert.throws(() => {
    translator.settings = { ...translator.settings, beamWidth: 0 };
  }, /beamWidth/);
  translator.settings = { ...translator.settings, beamWidth: 3 };
  await assert.rejects(translator.translate('Hello.'), /The file holds beam widths 1,4\. Received: 3/);
  translator.settings = { ...translator.settings, beamWidth: 4 };
  assert.match((await translator.translate('Lone \ud800 half.')).text, /./);
});

test('long work leaves nothing in the memory of the wasm', async () => {
  const size = () => runtime.wasm.HEAPU8.length;
  await corrector.correct('Teh weather was verry nice. '.repeat(3));
  await translator.translate('I am here.');
  const before = size();
  for (let i = 0; i < 5; i++) {
    await corrector.correct(`Teh ${i} weather was verry nice tody. `.repeat(10));
    await translator.translate(`I have ${i} small houses and a dog.`);
  }
  assert.equal(size(), before);
});

test('models that are closed give their memory back, and refuse', async () => {
  const first = await openShipped(runtime, 'en.tflite');
  first.close();
  const before = runtime.wasm.HEAPU8.length;
  for (let i = 0; i < 4; i++) (await openShipped(runtime, 'en.tflite')).close();
  assert.equal(runtime.wasm.HEAPU8.length, before);
  await assert.rejects(/** @type {any} */ (first).correct('teh'), /closed/);
});

test('the card tells what the file is', () => {
  const { kind, card } = corrector;
  assert.equal(kind, 'corrector');
  assert.equal(card.bytes, modelBytes('en.tflite').length);
  assert.equal(card.metadata.task, 'correction');
  assert.equal(card.sourceTokenizer.kind, 'subword');
  assert.ok(card.lexiconWords > 10_000 && card.graphBytes < card.bytes);
  assert.deepEqual(card.beamWidths, [1, 8]);
});

test('a graph of another model is refused', () => {
  const { artifact } = translator;
  /** @param {object} changes */
  const open = (changes) => () => new LiteRtSession({ ...artifact, ...changes }, runtime);
  const sourceTokenizer = { size: artifact.sourceTokenizer.size + 1 };
  assert.throws(open({ sourceTokenizer }), /en-fr\.tflite: the vocabularies do not fit the graph \(gather index/);
  const targetTokenizer = { size: artifact.targetTokenizer.size + 1 };
  assert.throws(open({ targetTokenizer }), /the vocabularies do not fit the graph/);
  const signatures = { ...artifact.metadata.signatures, encode: { 16: 'encode_s16', 64: 'none' } };
  assert.throws(open({ metadata: { ...artifact.metadata, signatures } }), ArtifactError);
  const stateful = { start: { 64: 'encode' }, step: { 64: { 1: 'decode_step_1' } } };
  assert.throws(open({ metadata: { ...artifact.metadata, signatures: stateful } }), /`parent` in a stateful file/);
  assert.throws(open({ graph: artifact.graph.slice(0, 5000) }), /the interpreter refuses the graph/);
});

test('another file is no model', async () => {
  await assert.rejects(openModel(runtime, new Uint8Array(100), 'photo.jpg'), {
    name: 'ArtifactError',
    message: /^photo\.jpg: this is not a TFLite file/,
  });
});
