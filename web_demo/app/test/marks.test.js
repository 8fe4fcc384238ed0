import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, Marks } from '../marks.js';

/** A corrector of one word, in the manner of the worker's answers. */
function edits(text, typed = 'teh', corrected = 'the') {
  return [...text.matchAll(new RegExp(`\\b${typed}\\b`, 'g'))].map((found) => ({
    start: found.index, end: found.index + typed.length, typed, corrected, probability: 0.9, alternatives: ['ten'],
  }));
}

/** Judges all that is left, as the pane does. */
function judge(marks) {
  let pieces = 0;
  for (let piece = marks.next(); piece; piece = marks.next()) {
    assert.ok(pieces++ < 1000, 'it never ends');
    assert.ok(marks.take(piece, edits(piece.text)));
  }
  return pieces;
}

function typed(text) {
  const marks = new Marks();
  marks.edit(text, text.length);
  judge(marks);
  return marks;
}

const places = (marks) => marks.list.map((mark) => marks.text.slice(mark.start, mark.end));

test('a change is what lies between equal ends', () => {
  assert.deepEqual(change('a cat', 'a cart', 5), { start: 4, end: 4, inserted: 'r' });
  assert.deepEqual(change('', 'abc', 3), { start: 0, end: 0, inserted: 'abc' });
  assert.deepEqual(change('abc', '', 0), { start: 0, end: 3, inserted: '' });
  assert.deepEqual(change('same', 'same', 2), { start: 2, end: 2, inserted: '' });
});

test('among equal letters the caret says where a change is', () => {
  assert.deepEqual(change('aaa', 'aaaa', 1), { start: 0, end: 0, inserted: 'a' });
  assert.deepEqual(change('aaa', 'aaaa', 4), { start: 3, end: 3, inserted: 'a' });
  assert.deepEqual(change('aaaa', 'aaa', 1), { start: 1, end: 2, inserted: '' });
});

test('marks move with the text around them', () => {
  const marks = typed('so teh cat and teh dog');
  assert.deepEqual(marks.list.map((mark) => mark.start), [3, 15]);
  marks.edit('so very teh cat and teh dog', 8);
  assert.deepEqual(places(marks), ['teh', 'teh']);
  judge(marks);
  assert.deepEqual(marks.list.map((mark) => mark.start), [8, 20]);
});

test('what joins no word leaves the mark beside it', () => {
  const marks = typed('so teh cat');
  marks.replace(marks.list[0], 'the');
  marks.edit('so the, cat', 7);
  assert.deepEqual(places(marks), ['the']);
  marks.edit('so (the, cat', 4);
  assert.deepEqual(places(marks), ['the']);
  marks.edit('so (then, cat', 8);
  assert.deepEqual(places(marks), []);
});

test('a mark goes when its word is edited', () => {
  const marks = typed('so teh cat');
  marks.edit('so tehe cat', 7);
  assert.deepEqual(marks.list, []);
  judge(marks);
  assert.deepEqual(marks.list, []);
});

test('a word that was corrected is marked until it is edited', () => {
  const marks = typed('so teh cat');
  marks.replace(marks.list[0], 'these');
  assert.equal(marks.text, 'so these cat');
  marks.edit('so these cats', 13);
  judge(marks);
  assert.deepEqual(marks.list.map(({ typed: word, corrected, applied }) => [word, corrected, applied]), [['teh', 'these', true]]);
  assert.deepEqual(places(marks), ['these']);
});

test('an undone correction is not offered again', () => {
  const marks = typed('so teh cat');
  marks.replace(marks.list[0], 'the');
  const back = marks.edit('so teh cat', 6);
  assert.deepEqual(back.map((mark) => mark.typed), ['teh']);
  marks.leave('teh');
  judge(marks);
  assert.deepEqual(marks.list, []);
  marks.edit('so teh cat, teh', 15);
  judge(marks);
  assert.deepEqual(marks.list, []);
});

test('putting back what was typed refuses it', () => {
  const marks = typed('so teh cat');
  marks.replace(marks.list[0], 'the');
  marks.replace(marks.list[0], 'teh');
  assert.equal(marks.text, 'so teh cat');
  assert.deepEqual(marks.list, []);
  marks.judgeAgain({ start: 0, end: 10 });
  judge(marks);
  assert.deepEqual(marks.list, []);
});

test('what was found in an older text is not taken', () => {
  const marks = new Marks();
  marks.edit('so teh cat', 10);
  const piece = marks.next();
  marks.edit('so, teh cat', 3);
  assert.equal(marks.take(piece, edits(piece.text)), false);
  judge(marks);
  assert.deepEqual(marks.list.map((mark) => mark.start), [4]);
});

test('a long text is judged in stretches, each word once', () => {
  const text = 'teh cat sat on a mat. '.repeat(2000);
  const marks = new Marks();
  marks.edit(text, text.length);
  const pieces = judge(marks);
  assert.ok(pieces >= text.length / 1200 && pieces <= text.length / 800, `${pieces} pieces`);
  assert.equal(marks.list.length, 2000);
  assert.ok(places(marks).every((word) => word === 'teh'));
});

test('a text without a gap is judged, too', () => {
  const text = 'x'.repeat(20_000);
  const marks = new Marks();
  marks.edit(text, text.length);
  judge(marks);
  assert.equal(marks.unjudged, null);
});

test('only what lies around an edit is judged again', () => {
  const text = 'teh cat sat on a mat. '.repeat(2000);
  const marks = typed(text);
  marks.edit(`${text}teh `, text.length + 4);
  const { text: judged, from } = marks.next();
  assert.ok(judged.length < 600 && from > text.length - 400);
  judge(marks);
  assert.equal(marks.list.length, 2001);
});

test('at finds the mark that the caret touches', () => {
  const marks = typed('so teh cat');
  assert.equal(marks.at(2), undefined);
  for (const place of [3, 4, 6]) assert.equal(marks.at(place)?.typed, 'teh');
  assert.equal(marks.at(7), undefined);
});

test('random edits leave marks where their words are', () => {
  let seed = 1;
  const random = (n) => { seed = (seed * 48271) % 2147483647; return seed % n; };
  const marks = new Marks();
  let text = '';
  for (let step = 0; step < 3000; step++) {
    const start = random(text.length + 1);
    const end = Math.min(text.length, start + random(6));
    const inserted = ['teh ', ' teh', 'x', '', ' ', 'cat '][random(6)];
    text = text.slice(0, start) + inserted + text.slice(end);
    if (text.length > 600) text = text.slice(0, 300);
    marks.edit(text, start + inserted.length);
    if (random(3)) judge(marks);
    const [mark] = marks.list;
    if (mark && !random(4)) {
      marks.replace(mark, mark.applied ? 'ten' : mark.corrected);
      text = marks.text;
    }
    assert.equal(marks.text, text);
    for (const { start: from, end: to, typed: was, corrected, applied } of marks.list) {
      assert.equal(text.slice(from, to), applied ? corrected : was);
    }
    marks.refused.clear();
  }
});
