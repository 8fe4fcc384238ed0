/** Runs a file's signatures; `runtime/session.py`, `guard.py`, `contract.py`. */
import { ArtifactError, must } from '../errors.js';
import { PAD } from '../text/tokenizer.js';

/** @typedef {import('./litert.js').Signature} Signature */
/** @typedef {import('./artifact.js').Artifact} Artifact */
/** @typedef {import('../decoding/session.js').Session} Session */

/**
 * A source goes to the graph of the smallest source length that holds it. Between steps the decoder's state is
 * kept here, or, in a stateful file, inside the interpreter. A source that was the last one, too, is not encoded
 * again, unless the file is stateful.
 *
 * @implements {Session}
 */
export class LiteRtSession {
  /** Of each source length, what encodes it, and what advances so many beams. @type {{length: number, source: SourceSignature, steps: Map<number, StepSignature>}[]} */
  #buckets = [];
  /** @type {StepSignature | null} */
  #current = null;
  #isClosed = false;

  /**
   * @param {Artifact} artifact
   * @param {import('./litert.js').Runtime} runtime
   * @throws {ArtifactError} the graph cannot be run here, or a signature is missing or of another shape, or the
   *     vocabularies are of another model.
   */
  constructor(artifact, runtime) {
    this.artifact = artifact;
    this.isStateful = Object.hasOwn(artifact.metadata.signatures, 'start');
    this.interpreter = runtime.open(artifact);
    try {
      this.#mapSignatures();
      this.#prove();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The beam widths that the file holds. @returns {number[]} */
  get beamWidths() {
    return [...this.#buckets[0].steps.keys()];
  }

  /** @param {number[]} sourceIds without padding. @param {number} beamWidth */
  start(sourceIds, beamWidth) {
    this.#mustBeOpen();
    mustBeIds('sourceIds', sourceIds, this.artifact.sourceTokenizer.size);
    const bucket = this.#buckets.find(({ length }) => length >= sourceIds.length);
    const longest = this.#buckets[this.#buckets.length - 1].length;
    must(bucket !== undefined, `The file takes sources of at most ${longest} tokens. Received: ${sourceIds.length}.`);
    const step = bucket.steps.get(beamWidth);
    must(
      step !== undefined,
      `The file holds beam widths ${this.beamWidths}. Received: ${beamWidth}. Export with \`--beam-width ${beamWidth}\`.`,
    );
    this.#current = null; // what fails leaves nothing to go on with
    bucket.source.encode(sourceIds, !this.isStateful);
    step.take(bucket.source, sourceIds, this.artifact.shortlist);
    this.#current = step;
  }

  /** @param {Int32Array} tokens @param {Int32Array} parents */
  step(tokens, parents) {
    const step = this.#started();
    const { length } = parents;
    must(tokens.length === step.rows && length === step.rows, `\`tokens\` and \`parents\` must have ${step.rows} rows.`);
    const { size } = this.artifact.targetTokenizer;
    mustBeIds('tokens', tokens, size);
    mustBeIds('parents', parents, step.rows);
    const output = step.run(tokens, parents);
    const ids = output.tokenIds;
    let isOfModel = true;
    for (let i = 0; i < ids.length; i++) isOfModel &&= ids[i] >= 0 && ids[i] < size;
    if (!isOfModel) {
      throw new ArtifactError(
        `${this.artifact.name}: the graph answers with ids that are not in the vocabulary of ${size}: the two are not ` +
          'of one model. Export it again.',
      );
    }
    return output;
  }

  state() {
    return this.#started().firstState();
  }

  /** @param {Float32Array} state */
  resume(state) {
    this.#started().resume(state);
  }

  /** Lets the interpreter go. */
  close() {
    this.#isClosed = true;
    this.interpreter.close();
  }

  #mustBeOpen() {
    if (this.#isClosed) throw new Error(`${this.artifact.name}: the model is closed.`);
  }

  #started() {
    this.#mustBeOpen();
    if (!this.#current) throw new Error('A session must `start` with a source before its first step.');
    return this.#current;
  }

  #mapSignatures() {
    const { metadata, shortlist } = this.artifact;
    const { signatures } = metadata;
    const [encode, steps] = this.isStateful
      ? [signatures.start, signatures.step]
      : [signatures.encode, signatures.decode_step];
    const lengths = this.#counts(encode);
    const widths = String(this.#counts(steps?.[lengths[0]]));
    if (String(this.#counts(steps)) !== String(lengths)) this.#unfit('Every source length must have its steps.');
    if (lengths[lengths.length - 1] !== metadata.max_source_length) {
      this.#unfit('The longest source length must be `max_source_length`.');
    }
    for (const length of lengths) {
      const start = this.#signature(encode[length]);
      if (String(this.#counts(steps[length])) !== widths) this.#unfit('Every source length must have each beam width.');
      /** @type {Map<number, StepSignature>} */
      const byWidth = new Map();
      for (const width of this.#counts(steps[length])) {
        const step = this.#signature(steps[length][width]);
        if (step.inputs.has('parent') !== this.isStateful) {
          this.#unfit('A step must take `parent` in a stateful file, and nowhere else.');
        }
        const problem = misfit(start, step, length, width, shortlist?.size);
        if (problem) this.#unfit(problem);
        byWidth.set(width, new StepSignature(step, width));
      }
      this.#buckets.push({ length, source: new SourceSignature(start, length), steps: byWidth });
    }
  }

  /** Returns the numbers that a part of `signatures` is by, ascending. @param {any} described */
  #counts(described) {
    const counts = Object.keys(described ?? {}).map(Number);
    const areCounts = counts.length > 0 && counts.every((count) => Number.isInteger(count) && count > 0);
    if (typeof described !== 'object' || !areCounts) this.#unfit('`signatures` must hold lengths and widths.');
    return counts.sort((a, b) => a - b);
  }

  /** @param {unknown} name */
  #signature(name) {
    return this.interpreter.signature(String(name)) ?? this.#unfit(`There is no signature \`${name}\`.`);
  }

  /** @param {string} problem @returns {never} */
  #unfit(problem) {
    throw new ArtifactError(
      `${this.artifact.name}: the signatures of the graph do not fit model.json. ${problem} Export it again.`,
    );
  }

  /** Looks the last ids up, so that vocabularies of another model show before the first text. */
  #prove() {
    const [width] = this.beamWidths;
    try {
      this.start([this.artifact.sourceTokenizer.size - 1], width);
      this.step(new Int32Array(width).fill(this.artifact.targetTokenizer.size - 1), new Int32Array(width));
    } catch (error) {
      if (error instanceof ArtifactError) throw error;
      const { message } = /** @type {Error} */ (error);
      throw new ArtifactError(`${this.artifact.name}: the vocabularies do not fit the graph (${message}). Export it again.`);
    }
    this.#current = null;
  }
}

/** The signature that encodes sources of one length. */
class SourceSignature {
  /** Tells one encoding from the next. */
  encoding = 0;
  /** @type {number[] | null} */
  #ids = null;

  /** @param {Signature} signature @param {number} length */
  constructor(signature, length) {
    this.signature = signature;
    this.padded = new Int32Array(length);
  }

  /** @param {number[]} ids @param {boolean} isKept whether they are not encoded again where they were the last. */
  encode(ids, isKept) {
    const before = this.#ids;
    if (isKept && before?.length === ids.length && ids.every((id, i) => id === before[i])) return;
    this.#ids = null;
    this.padded.fill(PAD).set(ids);
    this.signature.set('source_ids', this.padded);
    this.signature.run();
    this.#ids = ids;
    this.encoding++;
  }
}

/** The signature that advances so many beams by a token, with the decoder's state between calls. */
class StepSignature {
  #taken = 0;

  /** @param {Signature} signature @param {number} rows */
  constructor(signature, rows) {
    this.signature = signature;
    this.rows = rows;
    this.isStateful = signature.inputs.has('parent');
    const [layers, , ...units] = signature.inputs.get('state')?.shape ?? [0, 0, 0];
    this.layers = layers;
    this.units = units.reduce((product, size) => product * size, 1);
    /** Of (layers, rows, units), behind the last step. */
    this.state = new Float32Array(layers * rows * this.units);
    this.ordered = this.state.slice();
    this.candidates = signature.outputs.get('log_probs')?.shape[1] ?? 0;
    this.attentionWidth = signature.outputs.get('attention')?.shape[1] ?? 0;
  }

  /** Takes what was encoded: the state for every row, the rest as it is. @param {SourceSignature} source @param {number[]} sourceIds @param {import('../text/shortlist.js').Shortlist | null} shortlist */
  take(source, sourceIds, shortlist) {
    if (!this.isStateful) this.resume(source.signature.output('state'));
    if (this.#taken === source.encoding) return;
    for (const name of source.signature.outputs.keys()) {
      if (name !== 'state' && !this.isStateful) this.signature.set(name, source.signature.output(name));
    }
    if (shortlist) this.signature.set('candidate_ids', shortlist.candidates(sourceIds));
    this.#taken = source.encoding;
  }

  /** @param {Int32Array} tokens @param {Int32Array} parents @returns {import('../decoding/session.js').StepOutput} */
  run(tokens, parents) {
    const { signature, rows, units } = this;
    for (let layer = 0; layer < this.layers; layer++) {
      for (let row = 0; row < rows; row++) {
        const from = (layer * rows + parents[row]) * units;
        this.ordered.set(this.state.subarray(from, from + units), (layer * rows + row) * units);
      }
    }
    signature.set('token', tokens);
    if (this.isStateful) signature.set('parent', parents);
    else signature.set('state', this.ordered);
    signature.run();
    if (!this.isStateful) this.state.set(signature.output('state'));
    return {
      candidates: this.candidates,
      logProbs: signature.output('log_probs'),
      tokenIds: signature.output('token_ids'),
      attention: this.attentionWidth ? signature.output('attention') : null,
      attentionWidth: this.attentionWidth,
    };
  }

  /** Returns a copy of the first row's state. */
  firstState() {
    must(!this.isStateful, "A stateful file keeps the decoder's state to itself. Export it without `--stateful`.");
    const first = new Float32Array(this.layers * this.units);
    for (let layer = 0; layer < this.layers; layer++) {
      const from = layer * this.rows * this.units;
      first.set(this.state.subarray(from, from + this.units), layer * this.units);
    }
    return first;
  }

  /** Goes on in all rows from a state of one. @param {Float32Array} from */
  resume(from) {
    for (let layer = 0; layer < this.layers; layer++) {
      const one = from.subarray(layer * this.units, (layer + 1) * this.units);
      for (let row = 0; row < this.rows; row++) this.state.set(one, (layer * this.rows + row) * this.units);
    }
  }
}

/**
 * Returns what keeps two signatures from decoding together, if anything.
 *
 * @param {Signature} start @param {Signature} step
 * @param {number} sourceLength @param {number} beamWidth @param {number} [shortlistSize]
 */
function misfit(start, step, sourceLength, beamWidth, shortlistSize) {
  const candidates = Math.max(1, step.outputs.get('log_probs')?.shape.at(-1) ?? 0);
  const row = `INT32 ${beamWidth}`;
  const { type, shape = [] } = start.outputs.get('state') ?? {};
  const state = { state: `${type} ${[shape[0], beamWidth, ...shape.slice(2)]}` };
  const isStateful = step.inputs.has('parent');
  const own = isStateful ? { parent: row } : { ...described(start.outputs), ...state };
  const inputs = { ...own, token: row };
  if (shortlistSize !== undefined) Object.assign(inputs, { candidate_ids: `INT32 ${shortlistSize}` });
  const answers = {
    log_probs: `FLOAT32 ${[beamWidth, candidates]}`,
    token_ids: `INT32 ${[beamWidth, candidates]}`,
    ...(isStateful ? {} : state),
  };
  if (step.outputs.has('attention')) Object.assign(answers, { attention: `FLOAT32 ${[beamWidth, sourceLength]}` });
  const checks = /** @type {const} */ ([
    ["A source's inputs", { source_ids: `INT32 ${[1, sourceLength]}` }, start.inputs],
    ["A step's inputs", inputs, step.inputs],
    ["A step's outputs", answers, step.outputs],
  ]);
  for (const [what, wanted, tensors] of checks) {
    const [expected, received] = [wanted, described(tensors)].map((values) => Object.entries(values).sort().join('; '));
    if (expected !== received) return `${what} must be ${expected}. Received: ${received}.`;
  }
  return null;
}

/** @param {Map<string, import('./litert.js').TensorInfo>} tensors @returns {Record<string, string>} */
const described = (tensors) => Object.fromEntries([...tensors].map(([name, { type, shape }]) => [name, `${type} ${shape}`]));

/** @param {string} what @param {ArrayLike<number>} ids @param {number} count */
function mustBeIds(what, ids, count) {
  for (let i = 0; i < ids.length; i++) {
    if (!(ids[i] >= 0 && ids[i] < count)) {
      throw new RangeError(`\`${what}\` must lie between 0 and ${count - 1}. Received: ${ids[i]}.`);
    }
  }
}
