/** What goes wrong, apart from mistakes of the caller; `errors.py`. */

/** A file that cannot be used; the message names it and says what to do. */
export class ArtifactError extends Error {
  name = 'ArtifactError';
}

/** A text or a word that cannot be taken. */
export class InputError extends Error {
  name = 'InputError';
}

/** WebAssembly, or one of the files that run models, is missing. */
export class LoadError extends Error {
  name = 'LoadError';
}

/** The caller wants no more. */
export class CancelledError extends Error {
  name = 'CancelledError';
}

/**
 * @param {boolean} holds
 * @param {string} rule what is broken otherwise.
 * @returns {asserts holds}
 */
export function must(holds, rule) {
  if (!holds) throw new RangeError(rule);
}

/** Returns what an error says of a value, but not all of a damaged file with it. @param {unknown} value */
export function brief(value) {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}
