// Parts that the pages are made of: cards, lists of terms, links to other pages, copying, reading with its failures in words.
import { Away, Refused } from "../api";
import { h, replace, s, type Child } from "../dom";
import { done } from "../notices";
import { alertAddress, pageAddress, type PageView, type Place } from "../route";
import { t, word } from "../texts";
import { craftName, whatHappened } from "../wording";
import type { EngineTold, Row } from "../shapes";
import type { Stream } from "../stream";

/** What a page may know of the room around it; there is neither stream nor list where the caller may not see alerts. */
export interface Around {
  stream: Stream | null;
  engines: () => EngineTold[];
  rows: () => Row[];
}

/** A page: made once, shown again and again; `tick` comes every second while it is shown. */
export interface PageContent {
  element: HTMLElement;
  show: (place: Place) => void;
  tick?: () => void;
  focus?: () => void;
}

export function card(title: string, ...content: Child[]): HTMLElement {
  return h("section", { class: "box" }, h("h3", {}, title), ...content);
}

/** Terms and what they are; those without a value are left out. */
export function terms(pairs: [string, Child][]): HTMLElement {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return h("dl", { class: "terms" }, ...shown.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** Text with a button that copies it. */
export function copied(text: string, shown: Child = text): HTMLElement {
  const copy = () => {
    void navigator.clipboard.writeText(text).then(
      () => done(t("copy.done", { text })),
      () => done(t("copy.refused")),
    );
  };
  return h("span", { class: "copied" }, h("code", {}, shown), h("button", { type: "button", class: "copy", title: t("copy.title"), "aria-label": t("copy.of", { text }), onclick: copy }, s("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, s("path", { d: "M3.5 3.5v-2h7v7h-2M1.5 3.5h7v7h-7z" }))));
}

export function link(view: PageView, id: string, shown: Child = id): HTMLElement {
  return h("a", { href: pageAddress(view, id) }, shown);
}

export function craftLink(craft: string): HTMLElement {
  return link("craft", craft, craftName(craft));
}

/** Links to alerts; what the list knows of one stands there in words. */
export function alertLinks(ids: string[], rows: Row[]): Child {
  if (ids.length === 0) return h("p", { class: "quiet" }, t("thing.no_alerts"));
  const known = new Map(rows.map((row) => [row.alert_id, row]));
  return h(
    "ul",
    { class: "plain" },
    ...ids.map((id) => {
      const row = known.get(id);
      const words = row === undefined ? h("code", {}, id) : `${word("band", row.priority_band)} ${row.priority} · ${whatHappened(row)}`;
      return h("li", {}, h("a", { href: alertAddress(id) }, words), row === undefined ? "" : h("span", { class: "quiet" }, ` ${word("state", row.state)}`));
    }),
  );
}

export function sentenceOf(error: unknown): string {
  return error instanceof Refused ? error.message : error instanceof Away ? t("away.room") : String(error);
}

/** Where something is shown that has to be read first. Of several readings the last one counts, and a failure is a sentence with a way to try again. */
export class Reading {
  private asked = 0;

  constructor(readonly place: HTMLElement) {}

  async read(make: () => Promise<Child[]>, isQuiet = false): Promise<void> {
    const number = ++this.asked;
    if (!isQuiet) replace(this.place, h("p", { class: "quiet" }, t("page.reading")));
    try {
      const made = await make();
      if (number === this.asked) replace(this.place, ...made);
    } catch (error) {
      if (number !== this.asked) return;
      replace(this.place, h("p", { class: "wrong", role: "alert" }, sentenceOf(error)), h("button", { type: "button", onclick: () => void this.read(make) }, t("page.again")));
    }
  }
}

/** Hand a file to whoever looks, made of what is on the page. */
export function download(name: string, content: Blob): void {
  const at = URL.createObjectURL(content);
  h("a", { href: at, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(at), 10_000);
}

export function labelled(label: string, field: HTMLElement): HTMLLabelElement {
  return h("label", {}, h("span", {}, label), field);
}

/** A share of one, as a percentage. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(share * 100)} %`;
}
