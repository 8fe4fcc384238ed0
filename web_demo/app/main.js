/** Starts the page: the models, the two panes, and what makes it work offline. */

import { Client } from './client.js';
import { Correcting } from './correcting.js';
import { byId, element, showCard, tell } from './page.js';
import { Translating } from './translating.js';

/** @typedef {{name: string, kind: Kind, file?: string, content?: File}} Listed a model to choose */
/** @typedef {'corrector' | 'translator'} Kind */

/** Bytes of a file that somebody drops: more is not a model of ours. */
const MOST_BYTES = 256 * 1024 * 1024;
/** @type {Kind[]} */
const KINDS = ['corrector', 'translator'];

const client = new Client();
const panes = { corrector: new Correcting(client), translator: new Translating(client) };
/** @type {Listed[]} */
const listed = [];
/** @type {Record<string, string>} what each pane shows or is about to */
const chosen = {};
/** @type {Record<string, string>} what the worker holds for each pane */
const held = {};

/** @param {Kind} kind */
function choose(kind) {
  for (const other of KINDS) {
    const tab = byId(`tab-${other}`);
    tab.setAttribute('aria-selected', String(other === kind));
    tab.tabIndex = other === kind ? 0 : -1;
    byId(other).hidden = other !== kind;
  }
  const { value } = byId(`${kind}-model`);
  if (value && chosen[kind] !== value) open(listed[Number(value)]);
}

/** @param {Listed} model */
async function open(model) {
  const index = String(listed.indexOf(model));
  const status = byId(`${model.kind}-status`);
  chosen[model.kind] = index;
  status.textContent = `Reading ${model.name} …`;
  try {
    const bytes = await (model.content ? model.content.arrayBuffer() : download(/** @type {string} */ (model.file)));
    const opened = await client.ask('open', { key: index, name: model.file?.split('/').at(-1) ?? model.name, bytes: new Uint8Array(bytes) }, { transfer: [bytes] });
    const old = held[model.kind];
    held[model.kind] = index;
    if (old !== undefined && old !== index) client.ask('close', { key: old });
    if (chosen[model.kind] !== index) return;
    tell('');
    const { card } = opened.answer;
    byId(model.kind).dataset.target = card.metadata.target_language ?? '';
    showCard(byId(`${model.kind}-card`), card);
    await panes[model.kind].use(index);
    keepOffline(opened.answer.files);
  } catch (error) {
    delete chosen[model.kind];
    status.textContent = '';
    tell(/** @type {Error} */ (error));
  }
}

/** @param {string} file beside this page */
async function download(file) {
  let response;
  try {
    response = await fetch(file);
  } catch {
    throw new Error(`${file} cannot be fetched. Is this device offline, and the page not yet stored on it?`);
  }
  if (!response.ok) throw new Error(`${file} cannot be fetched: the server answers ${response.status}.`);
  return response.arrayBuffer();
}

/** @param {Listed} model @returns {Listed} */
function list(model) {
  listed.push(model);
  byId(`${model.kind}-model`).append(element('option', { value: String(listed.length - 1) }, model.name));
  return model;
}

/** @param {File} file that somebody gives; it stays in this page */
async function take(file) {
  tell('');
  try {
    if (file.size > MOST_BYTES) throw new Error(`${file.name} takes ${file.size.toLocaleString('en')} bytes: that is not a model for this page.`);
    const bytes = await file.arrayBuffer();
    const key = 'tried';
    const { answer } = await client.ask('open', { key, name: file.name, bytes: new Uint8Array(bytes) }, { transfer: [bytes] });
    await client.ask('close', { key });
    const model = list({ name: file.name, kind: answer.kind, content: file });
    byId(`${model.kind}-model`).value = String(listed.length - 1);
    choose(model.kind);
  } catch (error) {
    tell(/** @type {Error} */ (error));
  }
}

function listen() {
  for (const kind of KINDS) {
    const tab = byId(`tab-${kind}`);
    tab.addEventListener('click', () => choose(kind));
    tab.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      const other = KINDS[1 - KINDS.indexOf(kind)];
      choose(other);
      byId(`tab-${other}`).focus();
    });
    byId(`${kind}-model`).addEventListener('change', () => choose(kind));
  }
  byId('own').addEventListener('change', (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = '';
    if (file) take(file);
  });
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    document.body.classList.remove('dropping');
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(file);
  });
}

async function start() {
  byId('problem').classList.remove('early'); // the scripts run
  tell('');
  listen();
  try {
    const models = JSON.parse(new TextDecoder().decode(await download('models.json')));
    for (const model of models) list(model);
    const kinds = KINDS.filter((kind) => models.some((/** @type {Listed} */ model) => model.kind === kind));
    for (const kind of KINDS) {
      if (!kinds.includes(kind)) byId(`${kind}-status`).textContent = 'This page holds no model for it: drop one below.';
    }
    choose(kinds[0] ?? 'corrector');
  } catch (error) {
    tell(/** @type {Error} */ (error));
  }
}

/** Stores the page on the device, for a visit without a network. @param {string[]} files it loaded */
async function keepOffline(files) {
  const status = byId('offline');
  if (!navigator.serviceWorker) {
    status.textContent = 'This page needs a network each time: browsers store pages that come over https or from localhost.';
    return;
  }
  try {
    await navigator.serviceWorker.register('service_worker.js', { updateViaCache: 'none' });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      status.textContent = data ? 'Stored on this device: the page works offline, too.' : 'This page could not be stored for use offline.';
      port1.close();
    };
    active?.postMessage({ store: files }, [port2]);
  } catch (error) {
    status.textContent = `This browser does not store the page: ${/** @type {Error} */ (error).message}`;
  }
}

/** A newer page takes over when the visitor asks for it: no visit mixes the parts of two. */
async function offerNewer() {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.ready;
  const button = byId('newer');
  let asked = false;
  const look = () => { button.hidden = !registration.waiting; };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  navigator.serviceWorker.addEventListener('controllerchange', () => { if (asked) location.reload(); });
  button.addEventListener('click', () => {
    asked = true;
    registration.waiting?.postMessage({ takeOver: true });
  });
  look();
  registration.update().catch(() => {}); // offline
}

start();
offerNewer();
