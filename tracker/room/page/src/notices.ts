// Short words about what was just done, with a way back while there is one; what was refused stays until it is read.
import { h, replace } from "./dom";
import { t } from "./texts";

const place = h("div", { class: "notices", role: "status", "aria-live": "polite" });
let undoing: (() => void) | null = null;
let left = 0;

export function noticesPlace(): HTMLElement {
  return place;
}

/** Say what was done. `undo` takes it back, for thirty seconds. */
export function done(words: string, undo: (() => void) | null = null): void {
  clearTimeout(left);
  undoing = undo;
  replace(place, h("div", { class: "notice" }, h("span", {}, words), undo !== null && h("button", { type: "button", onclick: takeBack }, t("act.undo"), h("kbd", {}, "U"))));
  left = window.setTimeout(clear, undo === null ? 6000 : 30_000);
}

/** Say what was not done, and why; `more` are lines beneath. */
export function refused(words: string, more: string[] = []): void {
  clearTimeout(left);
  undoing = null;
  const lines = more.map((line) => h("li", {}, line));
  replace(place, h("div", { class: "notice bad", role: "alert" }, h("div", {}, h("strong", {}, words), lines.length > 0 && h("ul", {}, ...lines)), h("button", { type: "button", onclick: clear }, t("close"))));
}

export function clear(): void {
  undoing = null;
  place.replaceChildren();
}

/** Take back what was done last, where that can still be done. */
export function takeBack(): void {
  const undo = undoing;
  if (undo === null) return;
  clear();
  undo();
}
