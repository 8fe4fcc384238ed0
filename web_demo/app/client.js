/**
 * The page's end of the worker.
 *
 * @typedef {{answer: any, milliseconds: number}} Answer
 * @typedef {{resolve: (answer: Answer) => void, reject: (error: Error) => void, onOutput?: (output: any) => void}} Waiting
 */

/** Asks the worker, one promise a request. */
export class Client {
  #worker = new Worker(new URL('./worker.js', import.meta.url));
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #last = 0;
  /** @type {Error | undefined} why it will never answer */
  #broken;

  constructor() {
    this.#worker.onmessage = ({ data: { id, output, answer, milliseconds, error } }) => {
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      if (output) {
        waiting.onOutput?.(output);
        return;
      }
      this.#waiting.delete(id);
      if (error) waiting.reject(Object.assign(new Error(error.message), { name: error.name }));
      else waiting.resolve({ answer, milliseconds });
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#broken = new Error(event.message || 'The models cannot be run: app/worker.js is missing.');
      for (const { reject } of this.#waiting.values()) reject(this.#broken);
      this.#waiting.clear();
    };
  }

  /**
   * @param {string} call one of the worker's
   * @param {object} given
   * @param {{signal?: AbortSignal, onOutput?: (output: any) => void, transfer?: Transferable[]}} options
   * @returns {Promise<Answer>}
   */
  ask(call, given, { signal, onOutput, transfer = [] } = {}) {
    const id = ++this.#last;
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onOutput });
      this.#worker.postMessage({ id, call, ...given }, transfer);
      signal?.addEventListener('abort', () => { // of what it has answered the worker keeps nothing
        if (this.#waiting.has(id)) this.#worker.postMessage({ cancel: id });
      });
    });
  }
}

/** Runs one task at a time; of those that come meanwhile the last alone, and tells the running one to stop. */
export class LatestOnly {
  /** @type {AbortController | undefined} */
  #running;
  /** @type {((signal: AbortSignal) => Promise<void>) | undefined} */
  #next;

  /** @param {(signal: AbortSignal) => Promise<void>} task */
  async run(task) {
    this.#next = task;
    this.#running?.abort();
    if (this.#running) return;
    while (this.#next) {
      const now = this.#next;
      this.#next = undefined;
      this.#running = new AbortController();
      try {
        await now(this.#running.signal);
      } finally {
        this.#running = undefined;
      }
    }
  }
}
