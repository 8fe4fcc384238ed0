/** The runtime of s2s-keras in a browser: one `.tflite` file and a text -> a text. See README.md. */
import { ArtifactError, LoadError } from './errors.js';
import { readArtifact } from './runtime/artifact.js';
import { Corrector } from './runtime/corrector.js';
import { Translator } from './runtime/translator.js';

export { ArtifactError, CancelledError, InputError, LoadError } from './errors.js';
export { loadRuntime } from './runtime/litert.js';
export { Corrector, Translator };

/**
 * Opens a model file.
 *
 * @param {import('./runtime/litert.js').Runtime} runtime
 * @param {Uint8Array} bytes the whole file.
 * @param {string} name what errors call it.
 * @returns {Promise<Corrector | Translator>} a corrector for a file with a lexicon.
 * @throws {import('./errors.js').ArtifactError} the file cannot be used; says why, and what to do.
 */
export async function openModel(runtime, bytes, name) {
  try {
    const artifact = await readArtifact(bytes, name);
    return artifact.lexicon ? new Corrector(artifact, runtime) : new Translator(artifact, runtime);
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof LoadError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArtifactError(`${name}: the file is not usable: ${reason} Export or download it again.`);
  }
}
