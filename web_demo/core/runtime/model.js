/** What both kinds of models have in common. */
import { ArtifactError } from '../errors.js';
import { decodingOf } from '../decoding/settings.js';
import { LiteRtSession } from './session.js';

/** @typedef {import('./artifact.js').Artifact} Artifact */

export class Model {
  /** @param {Artifact} artifact @param {import('./litert.js').Runtime} runtime */
  constructor(artifact, runtime) {
    this.artifact = artifact;
    this.defaults = this.refusing(() => decodingOf(artifact.metadata));
    this.session = new LiteRtSession(artifact, runtime);
    const { beamWidth } = this.defaults;
    if (![1, ...this.session.beamWidths].includes(beamWidth)) {
      this.close();
      const problem = `model.json says beam width ${beamWidth}, and the graph holds ${this.session.beamWidths}`;
      throw new ArtifactError(`${artifact.name}: ${problem}. Export it again.`);
    }
  }

  /** What a page may say of the file; `metadata` is its `model.json`. */
  get card() {
    const { name, bytes, graph, metadata, sourceTokenizer, targetTokenizer, lexicon } = this.artifact;
    return {
      name,
      bytes,
      graphBytes: graph.length,
      metadata,
      sourceTokenizer: { kind: sourceTokenizer.kind, size: sourceTokenizer.size },
      targetTokenizer: { kind: targetTokenizer.kind, size: targetTokenizer.size },
      lexiconWords: lexicon?.size ?? 0,
      beamWidths: this.session.beamWidths,
    };
  }

  /** Frees what the model holds in the memory of the wasm; what is used afterwards throws. */
  close() {
    this.session.close();
  }

  /** @template T @param {() => T} read @returns {T} @throws {ArtifactError} what the file says is out of range. */
  refusing(read) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ArtifactError(`${this.artifact.name}: model.json: ${error.message}`);
    }
  }
}
