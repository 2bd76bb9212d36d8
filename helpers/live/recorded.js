// @ts-check
/**
 * Stands in for a kernel's model where there is none: scenes come from a recording (record.py).
 *
 * @typedef {Record<string, any>} Data
 */
import view from "./live.js";

export class RecordedModel {
  /** @param {Data} recording controls, look, scenes @param {string} id of this view on its page */
  constructor(recording, id) {
    /** @type {Data} */
    this.state = { _controls: recording.controls, _look: recording.look, _first: recording.scenes[0], _remembered: recording.scenes, _id: id };
    for (const [name, control] of Object.entries(recording.controls)) this.state[name] = control.value ?? null;
    /** @type {Map<string, Set<Function>>} */
    this.listeners = new Map();
  }

  /** @param {string} name */
  get(name) {
    return this.state[name];
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    this.tell(`change:${name}`);
  }

  save_changes() {}

  /** @param {string} event @param {Function} listener */
  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)?.add(listener);
  }

  /** @param {string} event @param {Function} listener */
  off(event, listener) {
    this.listeners.get(event)?.delete(listener);
  }

  /** @param {string} event @param {...any} what */
  tell(event, ...what) {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(...what);
  }
}

/** Put a recorded view into the page. @param {HTMLElement} el @param {Data} recording @param {string} id */
export function show(el, recording, id) {
  const model = new RecordedModel(recording, id);
  const forget = view.initialize({ model });
  const remove = view.render({ model, el });
  return { model, end: () => (remove(), forget()) };
}
