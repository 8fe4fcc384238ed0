/**
 * Runs the models beside the page, so that typing never waits for them.
 *
 * A classic worker: the wasm's own script is loaded by `importScripts`, which a module lacks. Takes
 * `{id, call, ...}` and answers `{id, answer}` or `{id, error}`; `{cancel: id}` ends a request early.
 */
'use strict';

/** @type {Map<string, any>} open models by key */
const models = new Map();
const cancelled = new Set();
/** @type {Promise<[any, any]> | undefined} */
let loading;

function load() {
  loading ??= (async () => {
    const core = await import('../core/index.js');
    return [core, await core.loadRuntime({ litert: new URL('../litert/', self.location.href) })];
  })();
  loading.catch(() => { loading = undefined; });
  return loading;
}

const calls = {
  async open({ key, name, bytes }) {
    const [core, runtime] = await load();
    models.get(key)?.close();
    models.delete(key);
    const model = await core.openModel(runtime, bytes, name);
    models.set(key, model);
    const files = performance.getEntriesByType('resource').map((entry) => entry.name);
    return { kind: model.kind, card: model.card, files };
  },
  async close({ key }) {
    models.get(key)?.close();
    models.delete(key);
  },
  async correct({ key, text, aggressiveness }, isCancelled) {
    const found = await models.get(key).correct(text, { aggressiveness, isCancelled });
    return { edits: found.edits, isComplete: found.isComplete };
  },
  async words({ key, words }) {
    models.get(key).usePersonalWords(words);
  },
  async learn({ key, word }) {
    models.get(key).learn(word);
    return models.get(key).personalWords;
  },
  async forget({ key, word }) {
    models.get(key).forget(word);
    return models.get(key).personalWords;
  },
  translate({ key, text }, isCancelled, tell) {
    return models.get(key).translate(text, { isCancelled, onOutput: (output) => tell({ text: output.text }) });
  },
};

self.onmessage = async ({ data }) => {
  if ('cancel' in data) {
    cancelled.add(data.cancel);
    return;
  }
  const { id, call } = data;
  const start = performance.now();
  try {
    const answer = await calls[call](data, () => cancelled.has(id), (output) => self.postMessage({ id, output }));
    self.postMessage({ id, answer, milliseconds: performance.now() - start });
  } catch (error) {
    self.postMessage({ id, error: { name: error?.name ?? 'Error', message: error?.message ?? String(error) } });
  } finally {
    cancelled.delete(id);
  }
};
