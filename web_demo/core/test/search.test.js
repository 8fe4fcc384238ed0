import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Search } from '../decoding/search.js';
import { decodingSettings } from '../decoding/settings.js';
import { bestChoices, joinPredictions } from '../decoding/prediction.js';
import { EOS } from '../text/tokenizer.js';

/**
 * A model whose next tokens hang on the last one alone.
 *
 * @param {Record<number, [number, number][]>} table last token -> next tokens and their log-probabilities.
 * @param {number[]} [attention] weights over the source at each step.
 */
function chain(table, attention) {
  const candidates = Object.values(table)[0].length;
  return {
    steps: 0,
    start() {},
    /** @param {Int32Array} tokens */
    step(tokens) {
      this.steps++;
      const rows = Array.from(tokens, (token) => table[token] ?? table[1]);
      return {
        candidates,
        tokenIds: Int32Array.from(rows.flatMap((row) => row.map(([id]) => id))),
        logProbs: Float32Array.from(rows.flatMap((row) => row.map(([, logProb]) => logProb))),
        attention: attention ? Float32Array.from(rows.flatMap(() => attention)) : null,
        attentionWidth: attention?.length ?? 0,
      };
    },
    state: () => new Float32Array(),
    resume() {},
  };
}

/** @param {any} session @param {Partial<import('../decoding/settings.js').DecodingSettings>} given */
function decode(session, given) {
  const search = new Search(session, [5, 6], decodingSettings({ maxOutputLength: 6, ...given }));
  while (search.advance());
  return search.standing();
}

// Token 4 is likelier at first, and leads to a worse end than token 5.
const GARDEN = { 1: [[4, -0.5], [5, -1], [EOS, -9]], 4: [[4, -8], [5, -8], [EOS, -4]], 5: [[4, -9], [5, -9], [EOS, -0.1]] };
const TABLE = /** @type {Record<number, [number, number][]>} */ (/** @type {unknown} */ (GARDEN));

test('a beam finds what greedy search misses', () => {
  const [greedy] = decode(chain(TABLE), { beamWidth: 1 });
  assert.deepEqual(greedy.ids, [4, EOS]);
  assert.ok(Math.abs(greedy.logProb + 4.5) < 1e-6 && Math.abs(greedy.score + 2.25) < 1e-6);
  const [best] = decode(chain(TABLE), { beamWidth: 2 });
  assert.deepEqual(best.ids, [5, EOS]);
  assert.ok(Math.abs(best.logProb + 1.1) < 1e-6 && Math.abs(best.score + 0.55) < 1e-6);
});

test('an output is as long as the settings ask for', () => {
  for (const minOutputLength of [0, 1, 2, 3, 4]) {
    const [{ ids }] = decode(chain(TABLE), { beamWidth: 2, minOutputLength });
    assert.equal(ids.length, Math.max(2, minOutputLength + 1));
    assert.equal(ids.at(-1), EOS);
  }
  const [{ ids }] = decode(chain({ 1: [[4, -1], [EOS, -9]] }), { beamWidth: 1 });
  assert.deepEqual(ids, [4, 4, 4, 4, 4, 4]);
});

test('the length penalty is that of the paper', () => {
  const [gnmt] = decode(chain(TABLE), { beamWidth: 2, lengthPenalty: 'gnmt', lengthPenaltyAlpha: 0.6 });
  assert.ok(Math.abs(gnmt.score + 1.1 / (7 / 6) ** 0.6) < 1e-6);
  const [none] = decode(chain(TABLE), { beamWidth: 2, lengthPenaltyAlpha: 0 });
  assert.ok(Math.abs(none.score - none.logProb) < 1e-9);
});

test('the coverage penalty counts what was not looked at', () => {
  const [{ score, logProb, attention }] = decode(chain(TABLE, [0.75, 0.25]), { beamWidth: 2, coveragePenaltyBeta: 0.2 });
  // After two steps: 1.5, which counts as 1, and 0.5.
  assert.ok(Math.abs(score - (logProb / 2 + 0.2 * Math.log(0.5))) < 1e-6);
  assert.deepEqual(attention?.map((row) => [...row]), [[0.75, 0.25], [0.75, 0.25]]);
});

test('a search stops when no open beam can win', () => {
  const session = chain(TABLE);
  decode(session, { beamWidth: 2, lengthPenaltyAlpha: 0 });
  assert.equal(session.steps, 2);
  const patient = chain(TABLE);
  const two = decode(patient, { beamWidth: 2, nBest: 2, lengthPenaltyAlpha: 0 });
  assert.deepEqual(two.map(({ ids }) => ids), [[5, EOS], [4, EOS]]);
});

test('what a model cannot do is told', () => {
  assert.throws(() => decode(chain({ 1: [[4, NaN], [EOS, -1]] }), { beamWidth: 1 }), /NaN/);
  assert.throws(() => decode(chain(TABLE), { coveragePenaltyBeta: 1 }), /need a model with attention/);
  assert.throws(() => decode(chain({ 1: [[EOS, 0]] }), { beamWidth: 1, minOutputLength: 2 }), /at least 2 candidates/);
});

test('pieces are joined with the space around them, the best sums first', () => {
  /** @param {string} text @param {number} score @returns {any} */
  const output = (text, score) => ({ text, score, logProb: score, sourceTokens: [], targetTokens: [], isComplete: true });
  const found = [[output('a', -1), output('b', -2)], [output('c', -1), output('d', -1.5)], []];
  const chosen = bestChoices(found, 3);
  const texts = chosen.map((outputs) => joinPredictions([' x ', 'y\n', 'z'], outputs, false));
  assert.deepEqual(texts.map(({ text }) => text), [' a c\nz', ' a d\nz', ' b c\nz']);
  assert.deepEqual(texts.map(({ score }) => score), [-2, -2.5, -3]);
});

test('settings out of range are refused', () => {
  const wrong = { beamWidth: 0, nBest: 5, lengthPenaltyAlpha: 6, maxOutputLength: 0, minOutputLength: 64, timeLimitMs: 0 };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(() => decodingSettings({ [name]: value }), new RegExp(`\`${name}\``));
  }
  assert.throws(() => decodingSettings({ lengthPenalty: /** @type {any} */ ('other') }), /power or gnmt/);
});
