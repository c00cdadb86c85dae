// All that is known of one alert, in three breaths: one sentence; the picture; the tables. Read anew whenever the stream says that it changed.
import { get, Refused } from "./api";
import { nameOf, ownerOf } from "./desk";
import { h, replace, type Child } from "./dom";
import { pictureOf } from "./picture";
import { clockOf, leadOf, priorityShape } from "./row_view";
import { papersOf } from "./papers";
import { number, t, word } from "./texts";
import { localOf, utc } from "./time";
import { craftKind, craftName, flagOf, placeOf, whatHappened } from "./wording";
import type { Change, Dossier, History, Note, Term } from "./shapes";

export class DossierView {
  readonly element = h("article", { class: "dossier", tabindex: -1, "aria-label": t("dossier.title") });
  private shownId: string | null = null;
  private shownTag = "";
  private asked = 0;

  constructor(private readonly isRead: (id: string, etag: string) => void) {}

  get id(): string | null {
    return this.shownId;
  }

  /** Show an alert. Nothing is asked where this version of it is on the screen already. */
  async show(id: string, etag: string | null): Promise<void> {
    if (id === this.shownId && etag !== null && etag === this.shownTag) return;
    const number_ = ++this.asked;
    const isOpened = id !== this.shownId;
    if (isOpened) replace(this.element, h("p", { class: "quiet" }, t("dossier.reading")));
    try {
      const [dossier, history] = await Promise.all([get<Dossier & { notes: Note[] }>(`/alerts/${encodeURIComponent(id)}`), get<History>(`/alerts/${encodeURIComponent(id)}/history`)]);
      if (number_ !== this.asked) return;
      const top = id === this.shownId ? this.element.scrollTop : 0;
      this.shownId = id;
      this.shownTag = dossier.etag;
      this.fill(dossier, history);
      this.element.scrollTop = top;
      if (isOpened) this.isRead(id, dossier.etag); // what changes while it stays open keeps its mark in the list: the eyes may be elsewhere
    } catch (error) {
      if (number_ === this.asked) replace(this.element, h("p", { class: "wrong" }, error instanceof Refused ? error.message : t("away.room")));
    }
  }

  clear(): void {
    this.asked += 1;
    this.shownId = null;
    replace(this.element, h("p", { class: "quiet" }, t("dossier.none")));
  }

  private fill(told: Dossier & { notes: Note[] }, history: History): void {
    const { facts } = told;
    const event = facts.event;
    const clock = clockOf(told);
    const chips = [
      told.state !== "annunciated" && h("span", { class: "chip" }, word("state", told.state)),
      told.is_struck_through && h("span", { class: "chip bad" }, word("life", told.life)),
      leadOf(told) && h("span", { class: "chip" }, leadOf(told)),
      clock.words && h("span", { class: clock.isLate ? "chip bad" : "chip" }, clock.words),
      h("span", { class: "chip" }, ownerOf(told) || t("row.nobody")),
      ...told.flags.map((flag) => h("span", { class: "chip flagged" }, `⚑ ${flag}`)),
    ];
    replace(
      this.element,
      h(
        "header",
        { class: told.is_struck_through ? "struck" : "" },
        h("h2", {}, priorityShape(told.priority_band), `${word("band", told.priority_band)} ${told.priority}`, h("span", { class: "craft" }, `${craftName(told.craft)} ${flagOf(told)}`), h("span", { class: "quiet" }, craftKind(told.craft))),
        h("p", { class: "event" }, `${whatHappened(told)} · ${placeOf(told)}`),
        h("div", { class: "chips" }, ...chips),
        h("p", { class: "sentence" }, facts.explanation),
      ),
      pictureOf(told),
      this.shelfAndClosing(told),
      section(t("dossier.papers"), papersOf(facts)),
      section(t("dossier.itinerary"), itinerary(facts)),
      h("div", { class: "two" }, section(t("dossier.priority", { n: told.priority }), terms(facts.priority_terms)), section(t("dossier.order", { n: told.order.points }), terms(told.order.terms))),
      section(t("dossier.notes"), notes(told.notes)),
      section(t("dossier.revisions"), revisions(history)),
      section(t("dossier.acts"), acts(history)),
      section(t("dossier.evidence", { rule: event.rule.name, version: event.rule.version }), evidence(event.evidence, event.rule.thresholds)),
    );
    this.element.dataset["alert"] = told.alert_id;
  }

  private shelfAndClosing(told: Dossier): Child {
    const lines: string[] = [];
    if (told.shelf !== null) lines.push(t("dossier.shelved", { by: nameOf(told.shelf.by), until: utc(told.shelf.until), reason: told.shelf.reason || "–" }));
    if (told.acknowledged !== null) lines.push(t("dossier.acknowledged", { by: nameOf(told.acknowledged.by), at: utc(told.acknowledged.at) }));
    if (told.suppressed_by !== null) lines.push(t("dossier.suppressed", { by: told.suppressed_by }));
    if (told.closed !== null) {
      const fields = Object.entries(told.closed.fields).map(([name, value]) => `${word("field", name)}: ${String(value)}`);
      lines.push([t("dossier.closed", { by: nameOf(told.closed.by), at: utc(told.closed.at), outcome: word("outcome", told.closed.outcome) }), ...fields].join("; "));
    }
    return lines.length > 0 && h("ul", { class: "standing" }, ...lines.map((line) => h("li", {}, line)));
  }
}

function section(title: string, content: Child): HTMLElement {
  return h("section", {}, h("h3", {}, title), content ?? h("p", { class: "quiet" }, t("dossier.nothing")));
}

export function table(heads: string[], rows: Child[][]): HTMLElement | null {
  if (rows.length === 0) return null;
  const head = h("thead", {}, h("tr", {}, ...heads.map((one) => h("th", { scope: "col" }, one))));
  return h("div", { class: "scroll" }, h("table", {}, head, h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))))));
}

export function instant(at: string | null | undefined): Child {
  return at ? h("time", { datetime: at, title: localOf(at) }, utc(at)) : "–";
}

function itinerary(facts: Dossier["facts"]): Child {
  const nodes = facts.itinerary.nodes ?? [];
  const isBroken = facts.event.kind === "diversion";
  return table(
    [t("itinerary.call"), t("itinerary.arrive"), t("itinerary.seen_arrive"), t("itinerary.depart"), t("itinerary.seen_depart")],
    nodes.map((node) => {
      const isNext = node.location === facts.itinerary.next_location;
      const name = h("span", { class: isNext && isBroken ? "broken" : isNext ? "next" : "" }, node.name ? `${node.name} (${node.location})` : node.location);
      return [isNext ? h("span", {}, name, ` ${t(isBroken ? "itinerary.broken" : "itinerary.next")}`) : name, instant(node.arrive), instant(node.seen_arrive), instant(node.depart), instant(node.seen_depart)];
    }),
  );
}

function terms(told: Term[]): Child {
  return table([t("terms.points"), t("terms.why")], told.map((one) => [h("b", {}, one.points > 0 ? `+${one.points}` : one.points), one.sentence]));
}

function notes(told: Note[]): Child {
  const shown = told.filter((one) => !one.is_withdrawn);
  if (shown.length === 0) return null;
  return h("ul", { class: "notes" }, ...shown.map((one) => h("li", {}, h("span", { class: "quiet" }, `${nameOf(one.by)}, ${utc(one.at)}`), h("p", {}, one.text))));
}

const QUIET = /(^|\.)(revision|known|silent_s|missed_beats)$/;

function shortly(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return number(value, 3);
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? utc(text) : text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** What moved, numbers of weight first; sentences are told by their name alone. */
function changeLines(changes: Change[]): Child {
  const shown = changes.filter((one) => !QUIET.test(one.name));
  const isHeavy = (one: Change) => /priority|confidence|lead|state|life|aboard/.test(one.name);
  const sorted = [...shown.filter(isHeavy), ...shown.filter((one) => !isHeavy(one))];
  const line = (one: Change) =>
    h("li", {}, h("code", {}, one.name.replace(/^event\.(evidence\.)?/, "")), one.name.endsWith("explanation") ? ` ${t("revisions.words")}` : ` ${shortly(one.from)} → ${shortly(one.to)}`);
  const most = 6;
  return h("div", {}, h("ul", { class: "changes" }, ...sorted.slice(0, most).map(line)), sorted.length > most && h("details", {}, h("summary", {}, t("revisions.more", { n: sorted.length - most })), h("ul", { class: "changes" }, ...sorted.slice(most).map(line))));
}

function revisions(told: History): Child {
  const rows = [...told.revisions].reverse();
  return table([t("revisions.number"), t("revisions.life"), t("revisions.what")], rows.map((one) => [one.revision, word("life", one.life), one.changes.length === 0 ? t("revisions.first") : changeLines(one.changes)]));
}

function acts(told: History): Child {
  return table(
    [t("acts.at"), t("acts.who"), t("acts.what")],
    [...told.acts].reverse().map((one) => {
      const said = Object.entries(one.told).filter(([name, value]) => value !== null && value !== "" && !["note_id", "wakes", "until_us", "is_on"].includes(name));
      const words = said.map(([name, value]) => (name === "person" || name === "unit" ? nameOf(String(value)) : typeof value === "object" ? Object.values(value as object).join(", ") : String(value)));
      return [instant(one.at), nameOf(one.by), h("span", { class: one.is_undone ? "struck" : "" }, [word("acted", one.what), ...words].filter(Boolean).join(": "), one.is_undone && ` (${t("acts.undone")})`)];
    }),
  );
}

function evidence(told: Record<string, unknown>, thresholds: Record<string, unknown>): Child {
  const flat = (value: unknown): string => (Array.isArray(value) ? value.map(flat).join("; ") : value !== null && typeof value === "object" ? Object.entries(value).map(([name, one]) => `${name} ${flat(one)}`).join(", ") : shortly(value));
  const rows = (from: Record<string, unknown>) => Object.entries(from).map(([name, value]): Child[] => [h("code", {}, name), flat(value)]);
  return h("div", {}, table([t("evidence.name"), t("evidence.value")], rows(told)), h("details", {}, h("summary", {}, t("evidence.thresholds")), table([t("evidence.name"), t("evidence.value")], rows(thresholds))));
}
