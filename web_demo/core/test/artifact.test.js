import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ArtifactError } from '../errors.js';
import { readArtifact } from '../runtime/artifact.js';
import { loadRuntime } from '../runtime/litert.js';
import { LITERT, modelBytes } from './node.js';

/** @type {Uint8Array<ArrayBuffer>} */
let bytes;
/** Where the ZIP begins. */
let graphBytes = 0;

before(async () => {
  bytes = modelBytes('en-fr.tflite');
  graphBytes = (await readArtifact(bytes, 'en-fr.tflite')).graph.length;
});

/** @param {Uint8Array} content @param {RegExp} message */
const refuses = (content, message) =>
  assert.rejects(readArtifact(content, 'file.tflite'), (error) => {
    assert.ok(error instanceof ArtifactError, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /^file\.tflite: /);
    return true;
  });

/** Numbers that look like random ones, the same each time. @param {number} seed */
function* numbers(seed) {
  for (;;) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    yield seed / 2 ** 32;
  }
}

/** Replaces the ZIP by one of stored members. @param {Record<string, Uint8Array>} members */
function withMembers(members) {
  const parts = [];
  const directory = [];
  let offset = graphBytes;
  for (const [name, content] of Object.entries(members)) {
    const title = new TextEncoder().encode(name);
    const header = new DataView(new ArrayBuffer(46));
    const fields = [20, 0, 0, 0, 0];
    fields.forEach((field, i) => header.setUint16(6 + 2 * i, field, true));
    header.setUint32(16, crc32(content), true);
    header.setUint32(20, content.length, true);
    header.setUint32(24, content.length, true);
    header.setUint16(28, title.length, true);
    const local = new Uint8Array(30);
    local.set(new Uint8Array(header.buffer, 6, 26), 4);
    new DataView(local.buffer).setUint32(0, 0x04034b50, true);
    header.setUint32(0, 0x02014b50, true);
    header.setUint32(42, offset, true);
    parts.push(local, title, content);
    directory.push(new Uint8Array(header.buffer), title);
    offset += local.length + title.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(10, Object.keys(members).length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return joined([bytes.subarray(0, graphBytes), ...parts, ...directory, new Uint8Array(end.buffer)]);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** @param {Uint8Array} content */
function crc32(content) {
  let crc = -1;
  for (const byte of content) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** @param {unknown} value */
const json = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The members of the file, with other values in its `model.json`. @param {object} changes */
async function changed(changes) {
  const { metadata } = await readArtifact(bytes, 'en-fr.tflite');
  const tokenizer = json({ kind: 'character' });
  const document = json({ ...metadata, ...changes });
  return withMembers({ 'model.json': document, 'source_tokenizer.json': tokenizer, 'target_tokenizer.json': tokenizer });
}

test('a shipped file is read', async () => {
  const artifact = await readArtifact(bytes, 'en-fr.tflite');
  assert.equal(artifact.metadata.task, 'translation');
  assert.equal(artifact.sourceTokenizer.size, artifact.targetTokenizer.size);
  assert.equal(artifact.lexicon, null);
});

test('a corrector has its lexicon', async () => {
  const { lexicon } = await readArtifact(modelBytes('en.tflite'), 'en.tflite');
  assert.ok(lexicon?.has('receive') && !lexicon.has('recieve'));
  assert.equal(lexicon.word(lexicon.find('receive')), 'receive');
  assert.equal(lexicon.spelled('london i'), 'London I');
});

test('foreign files are refused', async () => {
  await refuses(new Uint8Array(), /not a TFLite file/);
  await refuses(new TextEncoder().encode('<!doctype html><title>404</title>'), /not a TFLite file/);
  await refuses(bytes.slice(0, graphBytes), /no readable metadata.*truncated or damaged/);
});

test('a file that is cut off anywhere is refused', async () => {
  const random = numbers(1);
  for (let i = 0; i < 60; i++) {
    const size = Math.floor(/** @type {number} */ (random.next().value) * bytes.length);
    await refuses(bytes.subarray(0, size), /./);
  }
});

test('a damaged byte is noticed', async () => {
  const random = numbers(2);
  const zip = bytes.length - graphBytes;
  for (let i = 0; i < 150; i++) {
    const [where, flip] = [random.next().value, random.next().value].map(Number);
    const place = i % 3 ? graphBytes + Math.floor(where * zip) : Math.floor(where * bytes.length);
    const copy = bytes.slice();
    copy[place] ^= 1 + Math.floor(flip * 255);
    const error = await readArtifact(copy, 'file.tflite').then(
      () => null,
      (error) => error,
    );
    // A byte that nothing reads may differ: a date, or the version of what wrote it.
    if (error) assert.ok(error instanceof ArtifactError, `${place}: ${error.stack}`);
    else assert.ok(place >= graphBytes, String(place));
  }
});

test('a newer format says what to do', async () => {
  await refuses(await changed({ format_version: 9 }), /format 9; this version reads format 2\. Reload the page/);
  await refuses(await changed({ format_version: 1 }), /Export the model again/);
});

test('fields of a wrong type are named', async () => {
  for (const key of ['format_version', 'max_source_length', 'beam_width', 'graph_bytes', 'signatures', 'sha256']) {
    await refuses(await changed({ [key]: 'many' }), new RegExp(`\`${key}\` of model.json is missing, of a wrong type`));
  }
  await refuses(await changed({ graph_bytes: 2 ** 31 }), /`graph_bytes`/);
  await refuses(await changed({ signatures: { a: { b: { c: { d: 'e' } } } } }), /`signatures`/);
});

test('a member that is too large, too deep or no JSON is refused', async () => {
  const tokenizer = json({});
  const others = { 'source_tokenizer.json': tokenizer, 'target_tokenizer.json': tokenizer };
  await refuses(withMembers({ 'model.json': json('['.repeat(20_000)), ...others }), /at most 10000 lists/);
  await refuses(withMembers({ 'model.json': new Uint8Array(2 ** 21), ...others }), /at most 1048576 bytes/);
  await refuses(withMembers({ 'model.json': json('{"a": '), ...others }), /model\.json is not usable/);
  await refuses(withMembers({ 'model.json': Uint8Array.of(0xff), ...others }), /no UTF-8/);
  await refuses(withMembers({ 'model.json': json('[]'), ...others }), /must be an object/);
  await refuses(withMembers(others), /no item named 'model\.json'/);
});

test('a checksum that does not match is told', async () => {
  await refuses(await changed({}), /the checksum of source_tokenizer\.json does not match/);
});

test('a browser without the files is told which', async () => {
  const factory = () => Promise.reject(new Error('404'));
  await assert.rejects(loadRuntime({ litert: `${LITERT}/none`, factory }), {
    name: 'LoadError',
    message: /none\/litert_wasm.*does not work here: 404/,
  });
});
