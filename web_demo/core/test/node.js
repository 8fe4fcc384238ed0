/** What the tests need of Node: files, and the WebAssembly without a browser. */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { loadRuntime, openModel } from '../index.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const LITERT = join(ROOT, 'build/web/node_modules/@litertjs/core/wasm');

/** Loads the WebAssembly as a browser's script would be. */
export function nodeRuntime() {
  const path = join(LITERT, 'litert_wasm_compat_internal.js');
  const script = `(function (require, __filename, __dirname) {${readFileSync(path, 'utf8')}; return ModuleFactory;})`;
  const factory = vm.runInThisContext(script)(createRequire(path), path, LITERT);
  return loadRuntime({ litert: LITERT, factory });
}

/** @param {string} name of one of the package's models. */
export const modelBytes = (name) => new Uint8Array(readFileSync(join(ROOT, 's2s_keras/models', name)));

/** @param {import('../runtime/litert.js').Runtime} runtime @param {string} name */
export const openShipped = (runtime, name) => openModel(runtime, modelBytes(name), name);

/** Reads the lines of all golden files of a folder. @param {string} folder */
export function readGoldens(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return Object.fromEntries(
    files.map((name) => [
      name.replace('.jsonl', ''),
      readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)),
    ]),
  );
}
