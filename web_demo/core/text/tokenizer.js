/** Text <-> ids; `text/tokenizer.py`, `character.py`, `word.py`, `subword.py`. */
import { brief, must } from '../errors.js';
import { SPACES, SURROGATE, WORD, fromUtf8, normalize, pointCount, toUtf8 } from './unicode.js';

export const PAD = 0;
export const BOS = 1;
export const EOS = 2;
export const UNK = 3;
export const SPECIAL_TOKENS = ['<pad>', '<bos>', '<eos>', '<unk>'];

/** Stands at the beginning of a piece that has white space, or nothing, before it. */
export const SPACE = '\u2581';
const REPLACEMENT = '\ufffd';

/** Maps text to ids and back, by way of pieces: the strings that have an id each. */
export class Tokenizer {
  unknownPiece = REPLACEMENT;

  /**
   * @param {string} kind
   * @param {string[]} vocabulary distinct pieces, in the order of their ids.
   * @param {boolean} lowercase whether every text is changed to lower case.
   * @param {string[]} fixedPieces with ids before those of the vocabulary.
   */
  constructor(kind, vocabulary, lowercase, fixedPieces = []) {
    this.kind = kind;
    this.lowercase = lowercase;
    this.tokens = [...SPECIAL_TOKENS, ...fixedPieces, ...vocabulary];
    /** @type {Map<string, number>} */
    this.ids = new Map();
    this.tokens.forEach((token, id) => {
      must(!this.ids.has(token), `\`${kind}s\` must be distinct. Received twice: ${brief(token)}.`);
      this.ids.set(token, id);
    });
  }

  /** The vocabulary size V, special tokens included. */
  get size() {
    return this.tokens.length;
  }

  /** Returns the pieces of a text, one for each id. @param {string} text @returns {string[]} */
  pieces(text) {
    return [...this.normalize(text)];
  }

  /** Returns the text of pieces. @param {string[]} pieces */
  join(pieces) {
    return pieces.join('');
  }

  /** Returns a text in form C and, perhaps, in lower case: what is cut to pieces. @param {string} text */
  normalize(text) {
    const normal = normalize(text);
    return this.lowercase ? normalize(normal.toLowerCase()) : normal;
  }

  /** Returns the ids of a text, without begin or end. @param {string} text @returns {number[]} */
  encode(text) {
    return this.pieces(text).map((piece) => this.ids.get(piece) ?? UNK);
  }

  /** Returns the text of ids up to the first end token. @param {ArrayLike<number>} ids */
  decode(ids) {
    const pieces = [];
    for (let i = 0; i < ids.length && ids[i] !== EOS; i++) {
      must(ids[i] >= 0 && ids[i] < this.size, `Token ids must lie between 0 and ${this.size - 1}. Received: ${ids[i]}.`);
      if (ids[i] >= SPECIAL_TOKENS.length) pieces.push(this.tokens[ids[i]]);
      else if (ids[i] === UNK) pieces.push(this.unknownPiece);
    }
    return this.join(pieces);
  }

  /** Returns the pieces of a text that have no id of their own, each once. @param {string} text */
  unknown(text) {
    return [...new Set(this.pieces(text))].filter((piece) => !this.ids.has(piece));
  }

  /** Whether another gives the same ids. @param {Tokenizer} other */
  equals(other) {
    const isLike = this.kind === other.kind && this.lowercase === other.lowercase && this.size === other.size;
    return isLike && this.tokens.every((token, id) => token === other.tokens[id]);
  }
}

/** Cuts text into its code points. */
class CharacterTokenizer extends Tokenizer {
  /** @param {string[]} vocabulary @param {boolean} lowercase */
  constructor(vocabulary, lowercase) {
    super('character', vocabulary, lowercase);
    for (const piece of vocabulary) {
      must(pointCount(piece) === 1, `Each entry of \`characters\` must be one code point. Received: ${brief(piece)}.`);
    }
  }
}

const PIECE = new RegExp(`([${SPACES}]?)([${WORD}\\p{M}]+|[^${SPACES}])`, 'gu');

/** @param {string} text */
const cutWords = (text) => Array.from(text.matchAll(PIECE), ([, space, body]) => (space ? SPACE : '') + body);

/** @param {string} piece */
const isSpaced = (piece) => piece.length > 1 && piece[0] === SPACE;

/** Cuts text into words and single other characters, the space before each as U+2581. */
class WordTokenizer extends Tokenizer {
  unknownPiece = SPACE + REPLACEMENT;

  /** @param {string[]} vocabulary @param {boolean} lowercase */
  constructor(vocabulary, lowercase) {
    super('word', vocabulary, lowercase);
    for (const piece of vocabulary) {
      const body = isSpaced(piece) ? piece.slice(1) : piece;
      const cut = cutWords(body);
      const rule = 'Each entry of `words` must be a word or one other character.';
      must(cut.length === 1 && cut[0] === body, `${rule} Received: ${brief(piece)}.`);
    }
  }

  /** @override @param {string} text */
  pieces(text) {
    return cutWords(` ${this.normalize(text)}`);
  }

  /** @override @param {string[]} pieces */
  join(pieces) {
    return pieces.map((piece) => (isSpaced(piece) ? ` ${piece.slice(1)}` : piece)).join('').replace(/^ /, '');
  }
}

const MAX_PIECE_CHARACTERS = 32;
const BYTE_PIECES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const BYTES = new Map(BYTE_PIECES.map((piece, byte) => [piece, byte]));

/** Exchanges U+2581 and the space: that of the text is then in no piece. @param {string} text */
const swapped = (text) => text.replace(/[ \u2581]/g, (found) => (found === ' ' ? SPACE : ' '));

/** Cuts text into the longest pieces of its vocabulary, from left to right, and loses nothing. */
export class SubwordTokenizer extends Tokenizer {
  /** @param {string[]} vocabulary @param {boolean} lowercase */
  constructor(vocabulary, lowercase) {
    super('subword', vocabulary, lowercase, BYTE_PIECES);
    /** Of each first character, the UTF-16 units of the longest piece. @type {Map<number | undefined, number>} */
    this.longest = new Map();
    for (const piece of vocabulary) {
      must(
        isSubword(piece),
        'Each entry of `subwords` must be 1 to 32 characters in NFC, U+2581 at most the first, no space, ' +
          `no special token and no byte. Received: ${brief(piece)}.`,
      );
      const first = piece.codePointAt(0);
      this.longest.set(first, Math.max(piece.length, this.longest.get(first) ?? 0));
    }
    for (const character of new Set(vocabulary.join(''))) {
      const rule = 'Each character of `subwords` must be one of them, too. Missing:';
      must(this.ids.has(character), `${rule} ${brief(character)}.`);
    }
  }

  /** @override @param {string} text */
  normalize(text) {
    return super.normalize(SURROGATE.test(text) ? text.replace(/\p{Cs}/gu, REPLACEMENT) : text);
  }

  /** @override @param {string} text */
  encode(text) {
    const normal = this.normalize(text);
    return normal ? this.#cut(swapped(` ${normal}`)) : [];
  }

  /** Returns the ids of a text that goes on where another ends. @param {string} text */
  encodePart(text) {
    return this.#cut(swapped(this.normalize(text)));
  }

  /** @override @param {string} text */
  pieces(text) {
    return this.encode(text).map((id) => this.tokens[id]);
  }

  /** @override @param {string[]} pieces */
  join(pieces) {
    /** @type {number[]} */
    const content = [];
    for (const piece of pieces) {
      const byte = BYTES.get(piece);
      if (byte !== undefined) content.push(byte);
      else content.push(...toUtf8(piece.replaceAll(SPACE, ' ')));
    }
    return fromUtf8(Uint8Array.from(content)).replace(/^ /, '');
  }

  /** @param {string} text */
  #cut(text) {
    /** @type {number[]} */
    const ids = [];
    for (let start = 0; start < text.length; ) {
      const first = /** @type {number} */ (text.codePointAt(start));
      let end = Math.min(start + (this.longest.get(first) ?? 0), text.length);
      let id;
      while (end > start && (id = this.ids.get(text.slice(start, end))) === undefined) end--;
      if (id === undefined) {
        const character = String.fromCodePoint(first);
        for (const byte of toUtf8(swapped(character))) ids.push(SPECIAL_TOKENS.length + byte);
        end = start + character.length;
      } else {
        ids.push(id);
      }
      start = end;
    }
    return ids;
  }
}

/** @param {string} piece */
function isSubword(piece) {
  const count = pointCount(piece);
  const isText = count > 0 && count <= MAX_PIECE_CHARACTERS && !piece.includes(' ') && !piece.includes(SPACE, 1);
  return isText && !SURROGATE.test(piece) && piece === normalize(piece);
}

const KINDS = new Map(
  /** @type {[string, new (vocabulary: string[], lowercase: boolean) => Tokenizer][]} */ ([
    ['character', CharacterTokenizer],
    ['subword', SubwordTokenizer],
    ['word', WordTokenizer],
  ]),
);

/**
 * Builds the tokeniser of a definition, a JSON document.
 *
 * @param {any} definition
 * @returns {Tokenizer}
 * @throws {RangeError} it is of another kind or format, or is malformed.
 */
export function tokenizerOf(definition) {
  must(definition !== null && typeof definition === 'object', 'A tokeniser definition must be an object.');
  const kind = definition.kind;
  const Kind = KINDS.get(kind);
  const rule = 'A tokeniser definition must have';
  must(Kind !== undefined, `${rule} a \`kind\` of ${[...KINDS.keys()].join(', ')}. Received: ${brief(kind)}.`);
  /** @type {Record<string, unknown>} */
  const expected = { format: 1, normalization: 'NFC', special_tokens: SPECIAL_TOKENS };
  if (kind === 'subword') expected.fallback = 'byte';
  for (const [key, value] of Object.entries(expected)) {
    const isSame = JSON.stringify(definition[key]) === JSON.stringify(value);
    must(isSame, `${rule} \`${key}\` ${JSON.stringify(value)}. Received: ${brief(definition[key])}.`);
  }
  const lowercase = definition.lowercase ?? false;
  must(typeof lowercase === 'boolean', `\`lowercase\` must be true or false. Received: ${brief(lowercase)}.`);
  const entries = definition[`${kind}s`];
  const isList = Array.isArray(entries) && entries.every((entry) => typeof entry === 'string');
  must(isList, `${rule} a list of strings \`${kind}s\`.`);
  const tokenizer = new Kind(entries, lowercase);
  must(!tokenizer.tokens.some((token) => SURROGATE.test(token)), 'An entry holds half of a surrogate pair.');
  return tokenizer;
}
