/** Runs graphs with LiteRT.js: the WebAssembly of `@litertjs/core`, on one thread and without waiting. */
import { ArtifactError, LoadError } from '../errors.js';

/**
 * @typedef {object} TensorInfo
 * @property {'FLOAT32' | 'INT32'} type
 * @property {number[]} shape
 *
 * One signature: `set` inputs, which keep their values, `run`, and read `output`s, views that are valid until
 * the next run of any signature.
 *
 * @typedef {object} Signature
 * @property {Map<string, TensorInfo>} inputs
 * @property {Map<string, TensorInfo>} outputs
 * @property {(name: string, values: ArrayLike<number>) => void} set
 * @property {() => void} run throws an `Error` where an operator fails.
 * @property {(name: string) => any} output a Float32Array or an Int32Array.
 *
 * What runs a graph. Signatures live as long as it is open.
 *
 * @typedef {object} Interpreter
 * @property {(name: string) => Signature | undefined} signature
 * @property {() => void} close
 */

/** A wasm module that uses relaxed SIMD. */
const RELAXED_SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
);
const TYPES = new Map(
  /** @type {[number, 'FLOAT32' | 'INT32'][]} */ ([
    [1, 'FLOAT32'],
    [2, 'INT32'],
  ]),
);

/** What runs models; one serves all models of a page or a worker. */
export class Runtime {
  /** What the interpreter says went wrong. @type {string[]} */
  errors = [];
  /** @type {any} */
  wasm;
  /** @type {any} */
  environment;

  /** Calls; what the interpreter only says went wrong is an error, too. @template T @param {() => T} call @returns {T} */
  guarded(call) {
    this.errors = [];
    const result = call();
    if (this.errors.length) throw new Error(this.errors[0].replace(/^ERROR: (\[[^\]]*\] )?/, ''));
    return result;
  }

  /**
   * Opens a graph.
   *
   * @param {import('./artifact.js').Artifact} artifact
   * @returns {Interpreter}
   * @throws {ArtifactError} the graph cannot be run.
   */
  open(artifact) {
    this.errors = [];
    try {
      return new LiteRtInterpreter(this, artifact.graph);
    } catch (error) {
      const reason = this.errors.at(-1) ?? /** @type {Error} */ (error)?.message ?? error;
      throw new ArtifactError(`${artifact.name}: the interpreter refuses the graph: ${reason}`);
    }
  }
}

/**
 * Loads the WebAssembly.
 *
 * @param {object} options
 * @param {string | URL} options.litert the folder of its files.
 * @param {(options: object) => Promise<any>} [options.factory] what makes the module, in place of the script there.
 * @returns {Promise<Runtime>}
 * @throws {LoadError} the browser lacks WebAssembly, or a file is missing.
 */
export async function loadRuntime({ litert, factory }) {
  if (typeof WebAssembly !== 'object') throw new LoadError('This browser has no WebAssembly, which runs the models.');
  const folder = String(litert).replace(/\/*$/, '/');
  const file = `litert_wasm${WebAssembly.validate(RELAXED_SIMD) ? '' : '_compat'}_internal`;
  const runtime = new Runtime();
  const note = (/** @type {string} */ line) => {
    if (line.startsWith('ERROR')) runtime.errors.push(line);
  };
  try {
    const make = factory ?? (await loadScript(`${folder}${file}.js`));
    const locateFile = (/** @type {string} */ name) => folder + name;
    runtime.wasm = await make({ locateFile, print: note, printErr: note });
    runtime.environment = runtime.wasm.LiteRtEnvironment.create(null);
  } catch (error) {
    const reason = /** @type {Error} */ (error)?.message ?? 'it could not be loaded';
    throw new LoadError(`What runs the models, ${folder}${file}, does not work here: ${reason}`);
  }
  return runtime;
}

/** Loads the script, which makes a global; there is no module of it. @param {string} url @returns {Promise<(options: object) => Promise<any>>} */
async function loadScript(url) {
  const scope = /** @type {any} */ (globalThis);
  if (scope.document) {
    await new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement('script'), { src: url, onload: resolve });
      script.onerror = () => reject(new Error('the script is missing'));
      document.head.append(script);
    });
  } else {
    scope.importScripts(url);
  }
  return scope.ModuleFactory;
}

/** @implements {Interpreter} */
class LiteRtInterpreter {
  /** @type {Map<string, LiteRtSignature>} */
  #signatures = new Map();
  /** @type {(() => void)[]} */
  #closing = [];

  /** @param {Runtime} runtime @param {Uint8Array} graph */
  constructor(runtime, graph) {
    const { wasm, environment } = runtime;
    const place = wasm._malloc(graph.length);
    this.#closing.push(() => wasm._free(place));
    try {
      wasm.HEAPU8.set(graph, place);
      const model = this.#kept(wasm.loadModel(environment, place, graph.length));
      // Without these, even where they are not used, the module throws.
      const unused = { gpuOptions: { precision: 'fp32' }, webNNOptions: {} };
      const options = { accelerator: 'wasm', environment: {}, cpuOptions: { numThreads: 1 }, ...unused };
      const compiled = this.#kept(wasm.compileModel(environment, model, options));
      for (let index = 0; index < model.getNumSignatures(); index++) {
        const signature = this.#kept(new LiteRtSignature(runtime, model, compiled, index));
        this.#signatures.set(signature.name, signature);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @param {string} name */
  signature(name) {
    return this.#signatures.get(name);
  }

  close() {
    for (const close of this.#closing.splice(0).reverse()) close();
  }

  /** @template {{delete(): void}} T @param {T} handle @returns {T} */
  #kept(handle) {
    this.#closing.push(() => handle.delete());
    return handle;
  }
}

/** @implements {Signature} */
class LiteRtSignature {
  /** @type {Map<string, TensorInfo & {buffer: any}>} */
  inputs = new Map();
  /** @type {Map<string, TensorInfo>} */
  outputs = new Map();
  /** @type {any[]} */
  #results = [];

  /** @param {Runtime} runtime @param {any} model @param {any} compiled @param {number} index */
  constructor(runtime, model, compiled, index) {
    const { wasm, environment } = runtime;
    this.runtime = runtime;
    this.compiled = compiled;
    this.index = index;
    const signature = model.getSignature(index);
    this.name = signature.key();
    listOf(signature.inputNames()).forEach((name, i) => {
      const type = model.getInputTensorType(index, i);
      const host = wasm.LiteRtTensorBufferType.HOST_MEMORY;
      const buffer = wasm.LiteRtTensorBuffer.createManaged(environment, host, type, type.bytes());
      this.inputs.set(name, { ...infoOf(type), buffer });
    });
    listOf(signature.outputNames()).forEach((name, i) => {
      this.outputs.set(name, infoOf(model.getOutputTensorType(index, i)));
    });
    signature.delete();
    this.buffers = [...this.inputs.values()].map(({ buffer }) => buffer);
    this.names = [...this.outputs.keys()];
  }

  /** @param {string} name @param {ArrayLike<number>} values */
  set(name, values) {
    const { type, buffer } = /** @type {TensorInfo & {buffer: any}} */ (this.inputs.get(name));
    this.#view(type, buffer, values.length, 'WRITE').set(values);
  }

  run() {
    this.#release();
    this.#results = this.runtime.guarded(() => this.compiled.run(this.index, this.buffers));
  }

  /** @param {string} name */
  output(name) {
    const { type, shape } = /** @type {TensorInfo} */ (this.outputs.get(name));
    const size = shape.reduce((product, one) => product * one, 1);
    return this.#view(type, this.#results[this.names.indexOf(name)], size, 'READ');
  }

  delete() {
    this.#release();
    for (const buffer of this.buffers) buffer.delete();
  }

  #release() {
    for (const result of this.#results) result.delete();
    this.#results = [];
  }

  /** @param {string} type @param {any} buffer @param {number} size @param {string} mode */
  #view(type, buffer, size, mode) {
    const place = buffer.lock(this.runtime.wasm.LiteRtTensorBufferLockMode[mode]);
    buffer.unlock(); // it stays where it is
    const memory = this.runtime.wasm.HEAPU8.buffer;
    return type === 'INT32' ? new Int32Array(memory, place, size) : new Float32Array(memory, place, size);
  }
}

/** @param {any} vector @returns {any[]} */
function listOf(vector) {
  const list = Array.from({ length: vector.size() }, (_, i) => vector.get(i));
  vector.delete();
  return list;
}

/** @param {any} tensor @returns {TensorInfo} */
function infoOf(tensor) {
  const layout = tensor.layout();
  const shape = listOf(layout.dimensions());
  const type = TYPES.get(tensor.elementType().value);
  layout.delete();
  tensor.delete();
  if (!type) throw new Error('a tensor is neither float32 nor int32');
  return { type, shape };
}
