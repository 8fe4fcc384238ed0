/** What a search asks of a model; `decoding/session.py`. */
import { must } from '../errors.js';
import { EOS } from '../text/tokenizer.js';

/**
 * The candidates for the next token of R rows, valid until the next step.
 *
 * @typedef {object} StepOutput
 * @property {number} candidates K.
 * @property {Float32Array} logProbs of (R, K), natural logarithms, in any order.
 * @property {Int32Array} tokenIds of (R, K), the tokens that they belong to, distinct in a row.
 * @property {Float32Array | null} attention of (R, `attentionWidth`), of which the first S count.
 * @property {number} attentionWidth
 */

/**
 * A model that decodes a source, several rows at once. `state` copies that of the first row behind the last
 * step; `resume` goes on from one in all rows.
 *
 * @typedef {object} Session
 * @property {(sourceIds: number[], beamWidth: number) => void} start
 * @property {(tokens: Int32Array, parents: Int32Array) => StepOutput} step tokens are `bos` at first; parents,
 *     the rows of the step before that each row continues.
 * @property {() => Float32Array} state
 * @property {(state: Float32Array) => void} resume
 */

/**
 * Advances every row, and forbids `eos` where the output would be too short.
 *
 * @param {Session} session
 * @param {Int32Array} tokens @param {Int32Array} parents
 * @param {number} length of the output with this step.
 * @param {import('./settings.js').DecodingSettings} settings
 */
export function checkedStep(session, tokens, parents, length, settings) {
  const output = session.step(tokens, parents);
  let sum = 0;
  for (const logProb of output.logProbs) sum += logProb;
  must(!Number.isNaN(sum), "The model's log-probabilities must be numbers. Received: NaN.");
  const needsAttention = settings.coveragePenaltyBeta > 0 || settings.replaceUnknown;
  must(
    output.attention !== null || !needsAttention,
    '`coveragePenaltyBeta` and `replaceUnknown` need a model with attention. Leave both out.',
  );
  if (length <= settings.minOutputLength) {
    output.tokenIds.forEach((id, i) => {
      if (id !== EOS) return;
      must(output.candidates > 1, '`minOutputLength` needs at least 2 candidates a step. Export with more.');
      output.logProbs[i] = -Infinity;
    });
  }
  return output;
}
