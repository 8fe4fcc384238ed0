/** What stays between visits, on this device: an answer to each name. */

/** Whether the browser lets pages keep anything. */
export const keeps = (() => {
  try {
    localStorage.setItem('s2s-keras', '1');
    localStorage.removeItem('s2s-keras');
    return true;
  } catch {
    return false;
  }
})();

/** @param {string} name @param {any} otherwise */
export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`s2s-keras ${name}`) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {any} value @returns {boolean} whether it was kept */
export function remember(name, value) {
  try {
    localStorage.setItem(`s2s-keras ${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
