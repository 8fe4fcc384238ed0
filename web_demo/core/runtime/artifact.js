/** A model file, checked; `runtime/artifact.py`. */
import { ArtifactError, LoadError, brief, must } from '../errors.js';
import { Lexicon } from '../text/lexicon.js';
import { Shortlist } from '../text/shortlist.js';
import { tokenizerOf } from '../text/tokenizer.js';
import { fromStrictUtf8 } from '../text/unicode.js';
import { listMembers, readMember } from './zip.js';

/** The format of files that are read. */
export const FORMAT_VERSION = 2;

const MIB = 2 ** 20;
const MAX_BRACKETS = 10_000;
const MAX_DEPTH = 3;
const MAX_BYTES = { 'model.json': MIB, 'source_tokenizer.json': 16 * MIB, 'target_tokenizer.json': 16 * MIB };
const OPTIONAL = { 'shortlist.bin': 64 * MIB, 'lexicon.bin': 16 * MIB };

/**
 * @typedef {object} Artifact
 * @property {string} name what errors call the file.
 * @property {Uint8Array} graph what an interpreter takes.
 * @property {number} bytes of the whole file.
 * @property {any} metadata the document `model.json`.
 * @property {import('../text/tokenizer.js').Tokenizer} sourceTokenizer
 * @property {import('../text/tokenizer.js').Tokenizer} targetTokenizer
 * @property {Shortlist | null} shortlist source ids -> the target ids that an output is made of.
 * @property {Lexicon | null} lexicon the words that a correction is made of.
 */

/**
 * Checks all of the one file before an interpreter sees any of it.
 *
 * @param {Uint8Array} content
 * @param {string} name
 * @returns {Promise<Artifact>}
 * @throws {ArtifactError} the file is no TFLite file, holds no or damaged metadata, is of a newer format, or a
 *     checksum does not match.
 */
export async function readArtifact(content, name) {
  if (!globalThis.crypto?.subtle) {
    throw new LoadError('This page cannot check files: open it by https, or on this machine by http://localhost.');
  }
  /** @param {string} problem @returns {never} */
  const fail = (problem) => {
    throw new ArtifactError(`${name}: ${problem}`);
  };
  /** @template T @param {string} what @param {() => T} read @returns {T} */
  const usable = (what, read) => {
    try {
      return read();
    } catch (error) {
      fail(`${what} is not usable: ${/** @type {Error} */ (error).message}`);
    }
  };
  if (String.fromCharCode(...content.subarray(4, 8)) !== 'TFL3') {
    fail('this is not a TFLite file (its identifier is not TFL3).');
  }
  const members = await readMembers(content).catch((error) =>
    fail(
      `no readable metadata (${error.message}). The file is truncated or damaged, or was not made by ` +
        '`s2s-keras export`.',
    ),
  );
  const metadata = usable('model.json', () => documentOf(members.get('model.json')));
  checkMetadata(metadata, content.length, fail);
  const graph = content.subarray(0, metadata.graph_bytes);
  for (const [part, bytes] of [...members, /** @type {const} */ (['graph', graph])]) {
    if (part === 'model.json') continue;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes)));
    const sum = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (metadata.sha256[part] !== sum) {
      fail(`the checksum of ${part} does not match model.json; the file is damaged. Export or download it again.`);
    }
  }
  const tokenizers = ['source_tokenizer.json', 'target_tokenizer.json'].map((member) =>
    usable('a vocabulary', () => tokenizerOf(documentOf(members.get(member)))),
  );
  const shortlist = readShortlist(members.get('shortlist.bin'), metadata, tokenizers, fail, usable);
  const words = members.get('lexicon.bin');
  const lexicon = words ? usable('the lexicon', () => Lexicon.fromBytes(words)) : null;
  const [sourceTokenizer, targetTokenizer] = tokenizers;
  return { name, graph, bytes: content.length, metadata, sourceTokenizer, targetTokenizer, shortlist, lexicon };
}

/** @param {Uint8Array} content */
async function readMembers(content) {
  const members = listMembers(content);
  /** @type {Map<string, Uint8Array>} */
  const found = new Map();
  for (const [name, most] of Object.entries({ ...MAX_BYTES, ...OPTIONAL })) {
    const member = members.get(name);
    if (!member && Object.hasOwn(OPTIONAL, name)) continue;
    must(member !== undefined, `there is no item named '${name}'`);
    const bytes = await readMember(content, name, member, most);
    if (name.endsWith('.json')) {
      let brackets = 0;
      for (const byte of bytes) if (byte === 0x5b || byte === 0x7b) brackets++;
      must(brackets <= MAX_BRACKETS, `${name} must hold at most ${MAX_BRACKETS} lists and objects`);
    }
    found.set(name, bytes);
  }
  return found;
}

/** @param {Uint8Array | undefined} bytes */
const documentOf = (bytes) => JSON.parse(fromStrictUtf8(bytes ?? new Uint8Array()));

/** @param {any} value */
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** @param {any} metadata @param {number} size @param {(problem: string) => never} fail */
function checkMetadata(metadata, size, fail) {
  if (!isObject(metadata)) fail('model.json must be an object.');
  const version = metadata.format_version;
  if (Number.isInteger(version) && version > 0 && version !== FORMAT_VERSION) {
    const remedy = version > FORMAT_VERSION ? 'Reload the page, or ask for a newer one' : 'Export the model again';
    fail(`the file has format ${version}; this version reads format ${FORMAT_VERSION}. ${remedy}.`);
  }
  /** @param {string} key @param {boolean} holds */
  const check = (key, holds) => {
    if (holds) return;
    fail(`\`${key}\` of model.json is missing, of a wrong type or out of range. Received: ${brief(metadata[key])}.`);
  };
  check('format_version', version === FORMAT_VERSION);
  const counts = ['max_source_length', 'max_output_length', 'beam_width', 'graph_bytes'];
  for (const key of counts) check(key, Number.isInteger(metadata[key]));
  check('length_penalty_alpha', typeof metadata.length_penalty_alpha === 'number');
  check('signatures', isObject(metadata.signatures) && holdsNames(metadata.signatures, MAX_DEPTH));
  check('sha256', isObject(metadata.sha256));
  check('graph_bytes', metadata.graph_bytes >= 8 && metadata.graph_bytes <= size);
}

/** @param {any} signatures @param {number} depth @returns {boolean} */
const holdsNames = (signatures, depth) =>
  depth > 0 &&
  Object.values(signatures).every((value) => (isObject(value) ? holdsNames(value, depth - 1) : typeof value === 'string'));

/**
 * @param {Uint8Array | undefined} bytes
 * @param {any} metadata
 * @param {import('../text/tokenizer.js').Tokenizer[]} tokenizers
 * @param {(problem: string) => never} fail
 * @param {<T>(what: string, read: () => T) => T} usable
 */
function readShortlist(bytes, metadata, [source, target], fail, usable) {
  const described = metadata.shortlist;
  if ((described === undefined) !== (bytes === undefined)) {
    fail('a file must hold both shortlist.bin and `shortlist` of model.json, or neither. Export it again.');
  }
  if (!bytes) return null;
  const { size, per_token: perToken } = described ?? {};
  const areSizes = [size, perToken].every((count) => Number.isInteger(count) && count <= bytes.length);
  if (!areSizes) fail('`shortlist` of model.json must have the whole numbers `size` and `per_token` of the member.');
  const sizes = { size, perToken, sourceSize: source.size, targetSize: target.size };
  return usable('the shortlist', () => Shortlist.fromBytes(bytes, sizes));
}
