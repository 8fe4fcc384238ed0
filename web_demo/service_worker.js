/** Keeps the page and its models on the device; `files.js` names the files, and their version. */
'use strict';

importScripts('files.js');
const { VERSION, FILES } = /** @type {any} */ (self);
const CACHE = `s2s-keras ${new URL(self.registration.scope).pathname} `;

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE + VERSION);
    await cache.addAll(FILES.map((file) => new Request(file, { cache: 'no-cache' })));
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(CACHE) && name !== CACHE + VERSION);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

/**
 * `takeOver`: a newer page waits for its visitors to ask for it, so that none gets parts of both.
 * `store`: of LiteRT's files a browser needs one pair; the page says which it loaded.
 */
self.addEventListener('message', (event) => {
  if (event.data.takeOver) {
    self.skipWaiting();
    return;
  }
  event.waitUntil((async () => {
    const [port] = event.ports;
    try {
      const cache = await caches.open(CACHE + VERSION);
      for (const file of event.data.store) {
        if (!(await cache.match(file))) await cache.add(file);
      }
      port.postMessage(true);
    } catch {
      port.postMessage(false);
    }
  })());
});

self.addEventListener('fetch', (event) => {
  event.respondWith((async () => {
    const cache = await caches.open(CACHE + VERSION);
    const url = new URL(event.request.url);
    url.search = '';
    url.hash = '';
    return (await cache.match(url.href)) ?? fetch(event.request);
  })());
});
