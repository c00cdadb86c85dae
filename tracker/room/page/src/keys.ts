// Keys: one table of what each does, which the `?` page lists. Single letters do nothing while something is typed, and can be switched off (WCAG 2.1.4).
import { h, isTyping, replace } from "./dom";
import { t, type TextName } from "./texts";

export interface Key {
  key: string;
  text: TextName;
  act: () => void;
  isShift?: boolean;
  /** Where it does something; everywhere where this is left out. */
  isOn?: () => boolean;
  /** Shown in the list under this word instead of the key itself. */
  shown?: string;
}

const KEPT = "tidewaiter.letters";
let table: Key[] = [];
let areLettersOn = localStorage.getItem(KEPT) !== "off";

export function bind(keys: Key[]): void {
  table = [...table, ...keys];
}

export function shownKey(key: Key): string {
  return key.shown ?? (key.isShift ? `⇧ ${key.key.toUpperCase()}` : key.key.length === 1 ? key.key.toUpperCase() : key.key);
}

/** The key of an act, as a small label for its button. */
export function keyOf(text: TextName): string {
  const found = table.find((one) => one.text === text);
  return found === undefined ? "" : shownKey(found);
}

export function listen(): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target) && event.key !== "Escape") return;
    if (event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ")) return;
    if (event.target instanceof HTMLAnchorElement && event.key === "Enter") return;
    const isLetter = event.key.length === 1 && /\p{L}/u.test(event.key);
    if (isLetter && !areLettersOn) return;
    const found = table.find((one) => one.key.toLowerCase() === event.key.toLowerCase() && (one.isShift ?? false) === (isLetter && event.shiftKey) && (one.isOn?.() ?? true));
    if (found === undefined) return;
    event.preventDefault();
    found.act();
  });
}

export function showKeys(): void {
  const rows = table.map((one) => h("tr", {}, h("td", {}, h("kbd", {}, shownKey(one))), h("td", {}, t(one.text))));
  const off = h("input", { type: "checkbox", checked: areLettersOn, onchange: () => switchLetters(off.checked) });
  const dialog = h("dialog", { class: "keys", "aria-label": t("keys.title"), onclose: () => dialog.remove() });
  replace(
    dialog,
    h("h2", {}, t("keys.title")),
    h("div", { class: "two" }, h("table", {}, h("tbody", {}, ...rows.slice(0, Math.ceil(rows.length / 2)))), h("table", {}, h("tbody", {}, ...rows.slice(Math.ceil(rows.length / 2))))),
    h("label", { class: "check" }, off, h("span", {}, t("keys.letters"))),
    h("form", { method: "dialog" }, h("button", { class: "main" }, t("close"))),
  );
  document.body.append(dialog);
  dialog.showModal();
}

function switchLetters(isOn: boolean): void {
  areLettersOn = isOn;
  localStorage.setItem(KEPT, isOn ? "on" : "off");
}
