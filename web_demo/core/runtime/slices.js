/** Long work in slices, between which a page or a worker gets its messages. */

const SLICE_MS = 12;

/**
 * Runs a generator to its end.
 *
 * @template T, R
 * @param {Generator<T, R, void>} work
 * @returns {Promise<R>}
 */
export async function inSlices(work) {
  for (let since = performance.now(); ; ) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve(null);
      };
      port2.postMessage(null);
    });
    since = performance.now();
  }
}
