// Search: one field over all engines. Results stand by type while one types; an older question is given up when a newer one is asked.
import { get, Refused } from "../api";
import { h, replace, type Child } from "../dom";
import { alertAddress, go, pageAddress, type Place } from "../route";
import { number, t, word } from "../texts";
import { span } from "../time";
import { craftKind, craftName } from "../wording";
import { alertLinks, link, sentenceOf, type Around, type PageContent } from "./parts";

const REST_MS = 250;
const MOST = 100;

interface Hit {
  type: string;
  id: string;
  engine?: string;
  alerts?: { open: number; closed: number; ids: string[] };
  [name: string]: unknown;
}

interface Found {
  read_as: { form: string; sentence: string }[];
  types: Record<string, { hits: Hit[]; more: boolean }>;
  engines: { engine: string; is_answered: boolean; age_s: number | null; why: string }[];
}

const TYPES = ["craft", "consignments", "containers", "parties", "papers", "events", "alerts", "places"];

function text(value: unknown): string {
  return value === null || value === undefined ? "" : Array.isArray(value) ? value.map(text).filter(Boolean).join(", ") : String(value);
}

function joined(...words: unknown[]): string {
  return words.map(text).filter(Boolean).join(" · ");
}

function named(name: string, value: unknown): string {
  return text(value) && `${name} ${text(value)}`;
}

function before(names: unknown): string {
  return text(names) && t("search.before", { names: text(names) });
}

/** What is shown of a hit: its name, with where it leads, and what else it says. */
function shownHit(hit: Hit): { name: Child; more: string; to: string | null } {
  const told = (name: string) => text(hit[name]);
  if (hit.type === "craft") {
    return {
      name: [told("name") || told("call_sign") || told("registration"), craftName(hit.id)].filter(Boolean).join(" · "),
      more: joined(craftKind(hit.id), told("name") && told("call_sign"), told("registration"), named("IMO", hit["imo"]), before(hit["former_names"])),
      to: pageAddress("craft", hit.id),
    };
  }
  if (hit.type === "consignments") {
    const way = [told("loading"), told("discharge")].filter(Boolean).join(" → ");
    return {
      name: `${word("document", told("document_type"))} ${told("document_number") || told("consignment_id")}`,
      more: joined(way, [told("consignor_name"), told("consignee_name")].filter(Boolean).join(" → "), told("carrier"), hit["equipment_ids"]),
      to: pageAddress("consignments", hit.id),
    };
  }
  if (hit.type === "containers") return { name: hit.id, more: t("search.consignments", { n: Number(hit["consignments"] ?? 0) }), to: pageAddress("containers", hit.id) };
  if (hit.type === "parties") {
    const spellings = (hit["names"] as string[] | undefined)?.slice(1, 4) ?? [];
    return { name: told("name"), more: joined(spellings, hit["numbers"], hit["countries"], t("search.consignments", { n: Number(hit["consignments"] ?? 0) })), to: pageAddress("parties", hit.id) };
  }
  if (hit.type === "papers") {
    const craft = hit["mmsi"] ? `mmsi:${told("mmsi")}` : hit["icao24"] ? `icao24:${told("icao24")}` : "";
    return { name: hit.id, more: joined(hit["craft_name"], named(t("search.voyage"), hit["voyage_number"]), named(t("search.flight"), hit["flight"]), named("IMO", hit["imo"]), hit["registration"]), to: craft ? pageAddress("craft", craft) : told("craft_name") ? pageAddress("search", null, { q: told("craft_name") }) : null };
  }
  if (hit.type === "places") return { name: `${told("name")} (${hit.id})`, more: told("kind"), to: null };
  const what = joined(word("kind", told("kind")), craftName(told("craft")), hit["other_craft"] && craftName(told("other_craft")), word("state", told("state")));
  if (hit.type === "alerts") return { name: what || hit.id, more: hit["is_finished"] === true ? t("search.finished") : hit.id, to: alertAddress(hit.id) };
  return { name: what, more: hit.id, to: told("craft") ? pageAddress("craft", told("craft")) : null };
}

export class SearchPage implements PageContent {
  readonly element: HTMLElement;
  private readonly field = h("input", { type: "search", id: "search-for", maxlength: 200, autocomplete: "off", spellcheck: "false" });
  private readonly told = h("p", { class: "quiet", role: "status" });
  private readonly aside = h("div", { class: "aside" });
  private readonly results = h("div", { class: "results" });
  private asking: AbortController | null = null;
  private timer = 0;
  private asked = "";

  constructor(private readonly around: Around) {
    const form = h("form", { class: "search-form", role: "search" }, h("label", { for: "search-for" }, t("search.label")), this.field);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter();
    });
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.ask(this.field.value), REST_MS);
    });
    this.element = h("div", { class: "search-page" }, form, this.told, this.aside, this.results);
    this.element.addEventListener("keydown", (event) => this.press(event));
    replace(this.told, t("search.begin"));
  }

  show(place: Place): void {
    const q = place.own.get("q") ?? "";
    if (q === this.asked) return;
    if (q) this.field.value = q;
    this.ask(this.field.value);
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  /** Enter opens the first hit that has a page; where the question is newer than the hits it is asked first. */
  private enter(): void {
    clearTimeout(this.timer);
    if (this.field.value.trim() !== this.asked || this.asking !== null) {
      this.ask(this.field.value, true);
      return;
    }
    this.results.querySelector<HTMLElement>("a.hit")?.click();
  }

  private press(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [this.field, ...this.results.querySelectorAll<HTMLElement>("a.hit, button")];
    const at = stops.indexOf(document.activeElement as HTMLInputElement);
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  }

  private ask(q: string, isEntered = false): void {
    const words = q.trim();
    this.asking?.abort();
    this.asking = null;
    this.asked = words;
    go({ view: "search", own: new URLSearchParams(words ? { q: words } : {}) }, true);
    if (words.length < 2) {
      replace(this.told, t("search.begin"));
      this.aside.replaceChildren();
      this.results.replaceChildren();
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    replace(this.told, t("search.asking"));
    get<Found>(`/search?q=${encodeURIComponent(words)}`, asking.signal).then(
      (found) => {
        if (this.asking !== asking) return;
        this.asking = null;
        this.fill(found, words);
        if (isEntered) this.enter();
      },
      (error: unknown) => {
        if (this.asking !== asking) return;
        this.asking = null;
        this.aside.replaceChildren();
        this.results.replaceChildren();
        replace(this.told, h("span", { class: "wrong" }, error instanceof Refused ? error.message.replace(/^q: /, "") : sentenceOf(error)));
      },
    );
  }

  private fill(found: Found, words: string): void {
    const groups = TYPES.map((type) => ({ type, ...(found.types[type] ?? { hits: [], more: false }) })).filter((one) => one.hits.length > 0);
    const count = groups.reduce((sum, one) => sum + one.hits.length, 0);
    const answered = found.engines.filter((one) => one.is_answered);
    const away = found.engines.filter((one) => !one.is_answered);
    const nobody = found.engines.length > 0 && answered.length === 0;
    replace(this.told, nobody ? t("search.no_engine") : count === 0 ? t("search.none") : t("search.count", { n: number(count), more: groups.some((one) => one.more) ? "+" : "" }));
    replace(
      this.aside,
      ...found.read_as.map((one) => h("p", { class: "read-as" }, one.sentence)),
      ...away.map((one) => h("p", { class: "wrong" }, t("search.away", { name: one.engine, why: one.why }))),
      answered.length > 0 && h("p", { class: "quiet small" }, t("search.of", { names: answered.map((one) => (one.age_s === null ? one.engine : `${one.engine} (${span(one.age_s * 1000)})`)).join(", ") })),
    );
    const isMany = found.engines.length > 1;
    replace(this.results, ...groups.map((one) => this.group(one.type, one.hits, one.more, words, isMany)));
  }

  private group(type: string, hits: Hit[], hasMore: boolean, words: string, isMany: boolean): HTMLElement {
    const list = h("ul", { class: "hits" }, ...hits.map((hit) => this.hit(hit, isMany)));
    const more = h("button", { type: "button", onclick: () => void this.more(box, type, words, isMany) }, t("search.more"));
    const box = h("section", { "data-type": type }, h("h3", {}, word("search_type", type), h("span", { class: "quiet" }, ` ${number(hits.length)}${hasMore ? "+" : ""}`)), list, hasMore && hits.length < MOST && more, hasMore && hits.length >= MOST && h("p", { class: "quiet" }, t("search.narrow")));
    return box;
  }

  private async more(box: HTMLElement, type: string, words: string, isMany: boolean): Promise<void> {
    try {
      const found = await get<Found>(`/search?q=${encodeURIComponent(words)}&types=${type}&limit=${MOST}`);
      const told = found.types[type];
      if (told === undefined || words !== this.asked) return;
      const at = box.querySelectorAll("a.hit").length;
      const whole = this.group(type, told.hits, told.more, words, isMany);
      box.replaceWith(whole);
      whole.querySelectorAll<HTMLElement>("a.hit")[at]?.focus();
    } catch (error) {
      replace(this.told, h("span", { class: "wrong" }, sentenceOf(error)));
    }
  }

  private hit(hit: Hit, isMany: boolean): HTMLElement {
    const { name, more, to } = shownHit(hit);
    const open = hit.alerts?.open ?? 0;
    const first = hit.alerts?.ids.slice(0, Math.min(open, 3)) ?? [];
    const chips = [
      isMany && hit.engine && h("span", { class: "chip" }, hit.engine),
      open > 0 && h("span", { class: "chip flagged" }, t("search.open_alerts", { n: open })),
      (hit.alerts?.closed ?? 0) > 0 && h("span", { class: "chip" }, t("search.closed_alerts", { n: hit.alerts?.closed ?? 0 })),
    ];
    const boxes = hit.type === "containers" ? ((hit["first_consignments"] as { manifest_id: string; consignment_id: string; document_number: string }[] | undefined) ?? []) : [];
    return h(
      "li",
      {},
      h("div", { class: "line" }, to === null ? h("b", {}, name) : h("a", { class: "hit", href: to }, name), ...chips),
      more && h("div", { class: "quiet small" }, more),
      boxes.length > 0 && h("div", { class: "small" }, ...boxes.flatMap((one, n) => [n > 0 ? ", " : "", link("consignments", `${one.manifest_id}/${one.consignment_id}`, one.document_number || one.consignment_id)])),
      first.length > 0 && alertLinks(first, this.around.rows()),
    );
  }
}
