import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelModel, Slips } from '../text/channel.js';
import { Shortlist } from '../text/shortlist.js';
import { splitSentences } from '../text/split.js';
import { tokenizerOf } from '../text/tokenizer.js';
import { pointCount, points, takeFirst, takeLast } from '../text/unicode.js';
import { findWords, withCaseOf } from '../text/words.js';

/** @param {string} text @param {string[]} [kinds] */
const words = (text, kinds) => findWords(text, kinds).map((word) => word.text);

test('what is protected is no word, each kind for itself', () => {
  const texts = {
    url: ['www.exmaple.com', 'see/teh/file', '~/teh', 'http://teh'],
    email: ['teh@home'],
    mention: ['@teh', '(@teh)'],
    hashtag: ['#teh', '(#teh'],
    code: ['teh()', 'a::teh', '`teh code`', '--teh', 'teh[0'],
    abbreviation: ['i.e. '],
    number: ['3rd', '\u0663x'],
    capitals: ['TEH'],
    inner_capitals: ['tehCat'],
  };
  for (const [kind, examples] of Object.entries(texts)) {
    for (const text of examples) {
      assert.deepEqual(words(text, [kind]), [], `${kind} ${text}`);
      assert.notDeepEqual(words(text, []), [], text);
    }
  }
  assert.deepEqual(words('a@b c#teh', ['mention', 'hashtag']), ['a', 'b', 'c', 'teh']);
  assert.deepEqual(words("Don't e-mail me@home.org, call HQ."), ["Don't", 'e', 'mail', 'call']);
  assert.throws(() => findWords('', ['others']), /Received: others/);
});

test('places are in UTF-16 units', () => {
  assert.deepEqual(findWords('\u{1f600} \u{1d54c}x teh'), [
    { start: 3, end: 6, text: '\u{1d54c}x' },
    { start: 7, end: 10, text: 'teh' },
  ]);
});

test('a word has the case of what was typed for it', () => {
  assert.equal(withCaseOf('Recieve', 'receive'), 'Receive');
  assert.equal(withCaseOf('LONDN', 'London'), 'LONDON');
  assert.equal(withCaseOf('londn', 'London'), 'London');
  assert.equal(withCaseOf('', 'word'), 'word');
});

test('code points are counted, and taken, whole', () => {
  assert.equal(pointCount('a\u{1f600}\ud800b'), 4);
  assert.deepEqual([...points('a\u{1f600}')], [97, 0x1f600]);
  assert.equal(takeLast('x\u{1f600}\u{1f600}', 2), '\u{1f600}\u{1f600}');
  assert.equal(takeFirst('\u{1f600}\u{1f600}x', 2), '\u{1f600}\u{1f600}');
});

test('megabytes are cut at once', () => {
  const size = 200_000;
  const texts = ['a', ' ', '`', '"', '\n', 'a.', "a'", '` a ', '\u3002', 'a\u0301', '~.'];
  const start = performance.now();
  for (const text of texts) {
    findWords(text.repeat(size));
    splitSentences(text.repeat(size));
  }
  assert.ok(performance.now() - start < 20_000);
});

test('a shortlist has the frequent quarter, then what a source proposes, then the frequent rest', () => {
  const frequent = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];
  const best = Array.from({ length: 30 * 3 }, (_, i) => (i < 15 ? 0 : 30 + (i % 60)));
  const shortlist = new Shortlist(frequent, best, 3, 100);
  const few = [...frequent.slice(0, 17), 45, 46, 47];
  assert.deepEqual([...shortlist.candidates([5])], few.sort((a, b) => a - b));
  const rows = [5, 6, 7, 8, 9, 10];
  const firsts = rows.map((row) => best[3 * row]);
  const seconds = rows.map((row) => best[3 * row + 1]);
  const thirds = rows.slice(0, 3).map((row) => best[3 * row + 2]);
  const many = [...frequent.slice(0, 5), ...firsts, ...seconds, ...thirds].sort((a, b) => a - b);
  assert.deepEqual([...shortlist.candidates([...rows, 0])], many);
  assert.throws(() => new Shortlist([0, 1, 2, 3], best, 3, 100), /size must lie between 5/);
  assert.throws(() => new Shortlist([0, 1, 2, 4, 3], best, 3, 100), /special tokens first/);
  assert.throws(() => new Shortlist([0, 1, 2, 3, 100], best, 3, 100), /between 0 and 99/);
});

test('slips cost what the tables say', () => {
  const size = 30 * 30;
  const tables = btoa(String.fromCharCode(...new Uint8Array(4 * size).fill(10)));
  const alphabet = "abcdefghijklmnopqrstuvwxyz' \n?";
  const channel = ChannelModel.fromMetadata({ alphabet, step_nats: 0.5, tables });
  /** @param {string} typed @param {string} word */
  const cost = (typed, word) => 0 - new Slips(channel, typed).logProb(points(word), 0, word.length, false);
  assert.deepEqual([cost('cat', 'cat'), cost('act', 'cat'), cost('ct', 'cat'), cost('cxat', 'cat')], [0, 5, 5, 5]);
  assert.deepEqual([cost('dog', 'cat'), cost('', 'cat')], [15, 15]);
  for (const wrong of [null, { alphabet: 'abc' }, { alphabet, step_nats: 2 }, { alphabet, step_nats: 0.5, tables: 'AA' }]) {
    assert.throws(() => ChannelModel.fromMetadata(wrong), /`channel` must hold/);
  }
});

test('a definition of a tokeniser is checked', () => {
  const definition = {
    kind: 'character',
    format: 1,
    normalization: 'NFC',
    special_tokens: ['<pad>', '<bos>', '<eos>', '<unk>'],
    characters: ['a', 'b'],
  };
  assert.deepEqual(tokenizerOf(definition).encode('abc'), [4, 5, 3]);
  const wrong = { kind: 'other', format: 2, normalization: 'NFD', special_tokens: [], characters: ['a', 'a'], lowercase: 1 };
  for (const [key, value] of Object.entries(wrong)) {
    assert.throws(() => tokenizerOf({ ...definition, [key]: value }), RangeError, key);
  }
  for (const characters of [['ab'], 'ab', [1], ['\ud800']]) {
    assert.throws(() => tokenizerOf({ ...definition, characters }), RangeError);
  }
});
