/** One output text, and the output of a text that was decoded in pieces; `decoding/prediction.py`. */
import { lstrip, rstrip } from '../text/unicode.js';
import { downwards } from './search.js';

/**
 * @typedef {object} Prediction
 * @property {string} text the output, in normalisation form C.
 * @property {number} logProb log p(text | source), in nats; of pieces the sum.
 * @property {number} score what the n best are ranked by; of pieces the sum.
 * @property {string[]} sourceTokens the S source tokens.
 * @property {string[]} targetTokens the T output tokens as the model gave them, `<eos>` included.
 * @property {Float32Array[] | null} attention T rows of S weights, the alignment; `null` where the model has no
 *     attention, and where the source was split.
 * @property {boolean} isComplete whether the model ended the output by itself.
 * @property {boolean} timedOut whether the time limit ended the search.
 * @property {Prediction[]} pieces where the source was split, the outputs of its pieces.
 */

/**
 * Joins the outputs of a source's pieces, with the white space that stood around each.
 *
 * @param {string[]} sources all pieces of the source.
 * @param {(Prediction | null)[]} outputs those of the first pieces; where the search found none, `null`, and the
 *     piece stands as it is.
 * @param {boolean} timedOut whether the time limit left pieces out.
 * @returns {Prediction}
 */
export function joinPredictions(sources, outputs, timedOut) {
  const texts = outputs.map((output, i) => {
    const source = sources[i];
    const before = source.slice(0, source.length - lstrip(source).length);
    return output === null ? source : before + output.text + source.slice(rstrip(source).length);
  });
  const pieces = outputs.filter((output) => output !== null);
  return {
    text: texts.join(''),
    logProb: pieces.reduce((sum, piece) => sum + piece.logProb, 0),
    score: pieces.reduce((sum, piece) => sum + piece.score, 0),
    sourceTokens: pieces.flatMap((piece) => piece.sourceTokens),
    targetTokens: pieces.flatMap((piece) => piece.targetTokens),
    attention: null,
    isComplete: outputs.length === sources.length && pieces.every((piece) => piece.isComplete),
    timedOut: timedOut || pieces.some((piece) => piece.timedOut),
    pieces,
  };
}

/**
 * Chooses one output a piece in the n ways of the largest sum of scores, the best first.
 *
 * @param {Prediction[][]} found for each piece its outputs; where there is none, `null` is chosen.
 * @param {number} nBest
 */
export function bestChoices(found, nBest) {
  /** @type {{score: number, chosen: (Prediction | null)[]}[]} */
  let best = [{ score: 0, chosen: [] }];
  for (const predictions of found) {
    const outputs = predictions.length ? predictions : [null];
    best = best
      .flatMap(({ score, chosen }) =>
        outputs.map((output) => ({ score: score + (output?.score ?? 0), chosen: [...chosen, output] })),
      )
      .sort((a, b) => downwards(a.score, b.score))
      .slice(0, nBest);
  }
  return best.map(({ chosen }) => chosen);
}
