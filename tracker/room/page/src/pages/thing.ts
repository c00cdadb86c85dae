// All that is known of one craft, consignment, container or party: who it was, where it is, what is planned, alerts, papers, and what is in doubt about it.
import { get } from "../api";
import { h, replace, type Child } from "../dom";
import { instant, table } from "../dossier";
import { may } from "../session";
import type { PageView, Place } from "../route";
import { pageAddress } from "../route";
import { number, t, word } from "../texts";
import { serverNow, span, utc } from "../time";
import { craftKind, craftName, degrees } from "../wording";
import { doubtsOf } from "./doubts";
import { alertLinks, card, copied, craftLink, download, link, percent, Reading, terms, type Around, type PageContent } from "./parts";

export interface Said {
  name: string | null;
  call_sign: string | null;
  registration: string | null;
  imo: number | null;
  first: string;
  last: string;
}

export interface Link {
  manifest_id: string;
  consignment_id: string;
  craft: string;
  status: string;
  confidence: number | null;
  reason: string;
  from: string | null;
  until: string | null;
}

interface Event_ {
  id: string;
  state: string;
  kind: string;
  detail: string | null;
  rule: string | null;
  start: string;
  end: string | null;
  other_craft: string | null;
  alerts?: { ids: string[] };
}

/** A dossier of any kind; each kind has its own of these. */
export interface Told {
  type: string;
  id: string;
  engine: string;
  alerts: { open: number; closed: number; ids: string[] };
  said?: Said[];
  position?: { time: string; lat_deg: number; lon_deg: number; speed_kn: number | null; course_deg: number | null; altitude_ft: number | null; source: string } | null;
  port_calls?: { location: string; name: string | null; arrive: string | null; depart: string | null; is_stop: boolean }[];
  itineraries?: { manifest_id: string; calls: { location: string; name: string | null; arrive: string | null; depart: string | null }[] }[];
  events?: Event_[];
  box_events?: { kind: string; classifier: string; location: string; time: string | null }[];
  more?: Record<string, boolean>;
  [name: string]: unknown;
}

interface Answer {
  dossiers: Told[];
  engines: { engine: string; is_answered: boolean; age_s: number | null; why: string }[];
}

/** The path of a dossier. What stands within an id is written twice over, for a stroke in it parts no path. */
function pathOf(view: PageView, id: string): string {
  if (view !== "consignments") return `/${view}/${encodeURIComponent(id)}`;
  const at = id.indexOf("/");
  const twice = (part: string) => encodeURIComponent(encodeURIComponent(part));
  return `/consignments/${twice(id.slice(0, at))}/${twice(id.slice(at + 1))}`;
}

function text(value: unknown): string {
  return value === null || value === undefined || value === "" ? "" : Array.isArray(value) ? value.map(text).join(", ") : String(value);
}

export class ThingPage implements PageContent {
  readonly element = h("div", { class: "thing" });
  private readonly reading = new Reading(this.element);

  constructor(private readonly around: Around) {}

  show(place: Place): void {
    const { view, id } = place;
    if (id === null) {
      replace(this.element, h("p", { class: "quiet" }, t("thing.which")), h("p", {}, h("a", { href: pageAddress("search") }, t("page.search"))));
      return;
    }
    void this.reading.read(async () => {
      const answer = await get<Answer>(pathOf(view as PageView, id));
      const away = answer.engines.filter((one) => !one.is_answered).map((one) => h("p", { class: "wrong" }, t("search.away", { name: one.engine, why: one.why })));
      const save = () => download(`${view}-${id.replace(/[^\w.-]+/g, "_")}.json`, new Blob([JSON.stringify(answer, null, 2)], { type: "application/json" }));
      const tools = may("export") && h("p", { class: "tools" }, h("button", { type: "button", onclick: save }, t("thing.export")));
      return [...away, tools, ...answer.dossiers.map((one) => this.dossier(one, answer.dossiers.length > 1))];
    });
  }

  private dossier(told: Told, isOneOfMany: boolean): HTMLElement {
    const parts: Record<string, () => Child[]> = {
      craft: () => this.craft(told),
      consignments: () => this.consignment(told),
      containers: () => [card(t("thing.consignments_in"), consignmentsOn(told)), card(t("thing.box_events"), boxEvents(told))],
      parties: () => [card(t("thing.consignments_of"), consignmentsOn(told))],
    };
    const doubts = doubtsOf(told);
    return h(
      "article",
      {},
      h("header", {}, h("h3", { class: "name" }, nameOf(told)), isOneOfMany && h("span", { class: "chip" }, t("thing.engine", { name: told.engine })), told.type === "craft" && h("span", { class: "quiet" }, craftKind(told.id))),
      identifiers(told),
      h("div", { class: "pair" }, card(t("thing.alerts", { open: told.alerts.open, closed: told.alerts.closed }), alertLinks(told.alerts.ids, this.around.rows())), card(t("thing.doubts"), doubts.length === 0 ? h("p", { class: "quiet" }, t("thing.no_doubts")) : h("ul", { class: "plain doubts" }, ...doubts.map((one) => h("li", {}, one))))),
      ...(parts[told.type]?.() ?? []),
      Object.values(told.more ?? {}).some(Boolean) && h("p", { class: "quiet" }, t("thing.more")),
    );
  }

  private craft(told: Told): Child[] {
    const at = told.position;
    const where = at && `${degrees(at.lat_deg, true)} ${degrees(at.lon_deg, false)}`;
    const position = at
      ? terms([
          [t("thing.where"), where ? copied(where) : ""],
          [t("thing.heard"), h("span", {}, instant(at.time), ` (${t("thing.ago", { span: span(serverNow() - Date.parse(at.time)) })})`)],
          [t("thing.moves"), [at.speed_kn === null ? "" : `${number(at.speed_kn, 1)} kn`, at.course_deg === null ? "" : `${number(at.course_deg)}°`, at.altitude_ft === null ? "" : `${number(at.altitude_ft)} ft`].filter(Boolean).join(", ")],
          [t("thing.source"), at.source],
        ])
      : h("p", { class: "quiet" }, t("thing.no_position"));
    const said = told.said ?? [];
    const calls = (told.port_calls ?? []).map((one): Child[] => [one.name ? `${one.name} (${one.location})` : one.location, instant(one.arrive), instant(one.depart), one.is_stop ? t("thing.stopped") : t("thing.passed")]);
    return [
      card(t("thing.position"), position),
      card(t("thing.said"), table([t("thing.name"), t("thing.call_sign"), t("thing.registration"), "IMO", t("thing.first"), t("thing.last")], said.map((one) => [one.name ?? "–", one.call_sign ?? "–", one.registration ?? "–", one.imo ?? "–", instant(one.first), instant(one.last)])) ?? nothing()),
      card(t("thing.itinerary"), itineraries(told)),
      card(t("thing.port_calls"), table([t("itinerary.call"), t("thing.arrived"), t("thing.departed"), ""], calls) ?? nothing()),
      card(t("thing.papers"), links((told["consignments"] as Link[] | undefined) ?? [], false)),
      card(t("thing.events"), this.events(told.events ?? [])),
    ];
  }

  private events(told: Event_[]): Child {
    const rows = told.map((one): Child[] => [
      h("span", {}, [word("kind", one.kind), one.detail && one.detail !== one.kind ? word("detail", one.detail) : ""].filter(Boolean).join(", "), one.other_craft ? h("span", {}, " ", craftLink(one.other_craft)) : ""),
      instant(one.start),
      one.end === null ? t("thing.goes_on") : instant(one.end),
      one.rule ?? "–",
      one.alerts !== undefined && one.alerts.ids.length > 0 ? alertLinks(one.alerts.ids, this.around.rows()) : "–",
    ]);
    return table([t("thing.what"), t("thing.from"), t("thing.until"), t("thing.rule"), t("thing.alert")], rows) ?? nothing();
  }

  private consignment(told: Told): Child[] {
    const parties = ["consignor", "consignee", "notify"].map((role): [string, Child] => {
      const name = text(told[`${role}_name`]);
      const rest = [text(told[`${role}_address`]), text(told[`${role}_country`]), text(told[`${role}_id`])].filter(Boolean).join(", ");
      return [t(`papers.${role}` as "papers.consignor"), name && h("span", {}, h("a", { href: pageAddress("search", null, { q: name.slice(0, 200) }) }, name), rest && h("span", { class: "quiet" }, ` ${rest}`))];
    });
    const goods = (Array.isArray(told["goods"]) ? told["goods"] : []) as { hs_code?: string; description?: string; packages?: number; gross_mass_kg?: number }[];
    const boxes = (Array.isArray(told["equipment"]) ? told["equipment"] : []) as { equipment_id?: string; seals?: string[] }[];
    const flags = (Array.isArray(told["flags"]) ? told["flags"] : []) as { flag: string; severity?: number; reason?: string; by?: string }[];
    return [
      flags.length > 0 && card(t("thing.flags"), h("ul", { class: "plain" }, ...flags.map((one) => h("li", {}, h("span", { class: "chip flagged" }, `⚑ ${one.flag}`), ` ${[one.reason, one.severity === undefined ? "" : t("papers.severity", { n: number(one.severity, 2) }), one.by && t("papers.by", { by: one.by })].filter(Boolean).join("; ")}`)))),
      card(t("thing.parties_on"), terms(parties)),
      card(t("thing.goods"), table(["HS", t("thing.what"), t("thing.packages"), "kg"], goods.map((one) => [one.hs_code ?? "–", one.description ?? "–", one.packages === undefined ? "–" : number(one.packages), one.gross_mass_kg === undefined ? "–" : number(one.gross_mass_kg)])) ?? nothing()),
      card(t("papers.boxes"), table([t("thing.container"), t("thing.seals")], boxes.filter((one) => one.equipment_id).map((one) => [link("containers", one.equipment_id ?? ""), (one.seals ?? []).join(", ") || "–"])) ?? nothing()),
      card(t("thing.aboard"), links((told["craft"] as Link[] | undefined) ?? [], true)),
      card(t("thing.itinerary"), itineraries(told)),
    ];
  }
}

function nothing(): HTMLElement {
  return h("p", { class: "quiet" }, t("thing.nothing"));
}

function nameOf(told: Told): string {
  if (told.type === "craft") return text(told["name"]) || text(told["call_sign"]) || text(told["registration"]) || craftName(told.id);
  if (told.type === "consignments") return `${word("document", text(told["document_type"]))} ${text(told["document_number"]) || text(told["consignment_id"])}`;
  return told.type === "parties" ? text(told["name"]) : told.id;
}

/** Every number by which it is known, each with a button that copies it. */
function identifiers(told: Told): HTMLElement {
  const one = (name: string, value: unknown): [string, Child] => [name, text(value) && copied(text(value))];
  const many = (name: string, values: unknown): [string, Child] => [name, Array.isArray(values) && values.length > 0 && h("span", { class: "many" }, ...values.map((value) => copied(text(value))))];
  if (told.type === "craft") {
    return terms([one(told.id.startsWith("icao24:") ? "ICAO 24" : told.id.startsWith("mmsi:") ? "MMSI" : "ID", craftName(told.id)), one(t("thing.name"), told["name"]), one(t("thing.call_sign"), told["call_sign"]), one(t("thing.registration"), told["registration"]), one("IMO", told["imo"])]);
  }
  if (told.type === "consignments") {
    const way = [text(told["loading"]), text(told["discharge"])].filter(Boolean).join(" → ");
    return terms([one(t("thing.document"), told["document_number"]), one(t("thing.master"), told["master_document_number"]), one(t("thing.consignment"), told["consignment_id"]), one(t("thing.manifest"), told["manifest_id"]), [t("thing.carrier"), text(told["carrier"])], [t("thing.way"), way]]);
  }
  if (told.type === "parties") return terms([many(t("thing.spellings"), told["names"]), many(t("thing.numbers"), told["numbers"]), [t("thing.countries"), text(told["countries"])]]);
  return terms([one(t("thing.container"), told.id)]);
}

function links(told: Link[], isOfConsignment: boolean): Child {
  const rows = told.map((one): Child[] => [
    isOfConsignment ? craftLink(one.craft) : link("consignments", `${one.manifest_id}/${one.consignment_id}`, one.consignment_id),
    word("link", one.status),
    percent(one.confidence),
    one.reason || "–",
    instant(one.from),
    instant(one.until),
  ]);
  return table([isOfConsignment ? t("thing.craft") : t("thing.consignment"), t("thing.status"), t("thing.confidence"), t("thing.why"), t("thing.from"), t("thing.until")], rows) ?? nothing();
}

function consignmentsOn(told: Told): Child {
  const held = (told["consignments"] as Record<string, unknown>[] | undefined) ?? [];
  const rows = held.map((one): Child[] => [
    link("consignments", text(one["id"]), text(one["document_number"]) || text(one["consignment_id"])),
    [text(one["loading"]), text(one["discharge"])].filter(Boolean).join(" → ") || "–",
    text(one["consignor_name"]) || "–",
    text(one["consignee_name"]) || "–",
    h("span", { class: "many" }, ...((one["equipment_ids"] as string[] | undefined) ?? []).map((box) => link("containers", box))),
  ]);
  return table([t("thing.document"), t("thing.way"), t("papers.consignor"), t("papers.consignee"), t("papers.boxes")], rows) ?? nothing();
}

function itineraries(told: Told): Child {
  const rows = (told.itineraries ?? []).flatMap((one) => one.calls.map((call): Child[] => [one.manifest_id, call.name ? `${call.name} (${call.location})` : call.location, instant(call.arrive), instant(call.depart)]));
  return table([t("thing.manifest"), t("itinerary.call"), t("itinerary.arrive"), t("itinerary.depart")], rows) ?? nothing();
}

function boxEvents(told: Told): Child {
  return table([t("thing.when"), t("thing.what"), t("thing.where"), ""], (told.box_events ?? []).map((one) => [one.time === null ? "–" : utc(one.time), word("box", one.kind), one.location, word("classifier", one.classifier)])) ?? nothing();
}
