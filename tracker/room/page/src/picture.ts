// The picture of an alert, made of its evidence alone: on the left where it happened, with whatever places and distances the rule told of; on the right when,
// declared above seen, with the event, now and the lead time. Beneath stands the same in words, for who sees no picture.
import { h, s, type Child } from "./dom";
import { number, t, word } from "./texts";
import { serverNow, span, utc } from "./time";
import { craftName, degrees } from "./wording";
import type { Dossier, Node_ } from "./shapes";

const KM_PER_DEG = 111.195;
const KM_PER_NM = 1.852;
const W = 340;
const H = 200;

interface Spot {
  name: string;
  lat: number;
  lon: number;
  kind: "event" | "guess" | "place";
}

interface Ring {
  name: string;
  km: number;
}

function numberOf(told: Record<string, unknown>, name: string): number | null {
  const value = told[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Places the evidence names: `X_lat_deg` beside `X_lon_deg`. */
function spotsOf(told: Dossier): Spot[] {
  const { event } = told.facts;
  const spots: Spot[] = [];
  if (event.lat_deg !== null && event.lon_deg !== null) spots.push({ name: event.kind === "dark_period" || event.kind === "gap" ? t("picture.last_heard") : word("kind", event.kind), lat: event.lat_deg, lon: event.lon_deg, kind: "event" });
  for (const [name, lat] of Object.entries(event.evidence)) {
    const stem = /^(.+)_lat_deg$/.exec(name)?.[1];
    const lon = stem === undefined ? null : numberOf(event.evidence, `${stem}_lon_deg`);
    if (stem === undefined || typeof lat !== "number" || lon === null) continue;
    spots.push({ name: word("spot", stem), lat, lon, kind: stem === "predicted" ? "guess" : "place" });
  }
  return spots;
}

/** Distances around the place of the event. */
function ringsOf(told: Dossier): Ring[] {
  const { event } = told.facts;
  const rings: Ring[] = [];
  const silentS = numberOf(event.evidence, "silent_s") ?? (numberOf(event.evidence, "duration_h") ?? 0) * 3600;
  const speed = numberOf(event.evidence, "speed_kn");
  if ((event.kind === "dark_period" || event.kind === "gap") && speed !== null && silentS > 0) rings.push({ name: t("picture.reach", { kn: number(speed) }), km: Math.min((speed * KM_PER_NM * silentS) / 3600, 2000) });
  const radius = numberOf(event.evidence, "radius_km");
  if (radius !== null && radius > 0) rings.push({ name: t("picture.radius"), km: radius });
  const apart = numberOf(event.evidence, "median_distance_m");
  if (apart !== null && apart > 0) rings.push({ name: t("picture.apart"), km: apart / 1000 });
  const witnesses = event.evidence["witnesses"];
  if (Array.isArray(witnesses)) for (const one of witnesses.slice(0, 3) as { craft?: string; km?: number }[]) if (typeof one.km === "number" && one.craft) rings.push({ name: t("picture.witness", { craft: craftName(one.craft) }), km: one.km });
  return rings.filter((ring) => ring.km > 0.05);
}

function niceKm(km: number): number {
  const power = 10 ** Math.floor(Math.log10(km));
  return [5, 2, 1].map((n) => n * power).find((n) => n <= km) ?? power;
}

function where(spots: Spot[], rings: Ring[]): SVGElement {
  const centre = spots[0];
  if (centre === undefined) return s("svg", {});
  const cos = Math.max(Math.cos((centre.lat * Math.PI) / 180), 0.05);
  const apart = (lon: number) => ((((lon - centre.lon) % 360) + 540) % 360) - 180;
  const at = (spot: Spot): [number, number] => [apart(spot.lon) * KM_PER_DEG * cos, (spot.lat - centre.lat) * KM_PER_DEG];
  const farthest = Math.max(...spots.map((one) => Math.hypot(...at(one))), ...rings.map((one) => one.km), 1);
  const px = (H / 2 - 26) / farthest;
  const x = (km: number) => W / 2 + km * px;
  const y = (km: number) => H / 2 - km * px;
  const bar = niceKm(80 / px);
  const made: Child[] = rings.map((ring, n) => {
    const r = ring.km * px;
    const at = n === 0 ? y(0) - r - 3 : y(0) + r + 10; // one above, one below; what has no room stands in the words beneath
    return s("g", {}, s("circle", { cx: x(0), cy: y(0), r, class: n === 0 ? "reach" : "ring" }), r > 14 && n < 2 && s("text", { x: x(0), y: at, class: "small middle" }, `${ring.name}, ${number(ring.km, ring.km < 10 ? 1 : 0)} km`));
  });
  const lines = spots.slice(1).map((one) => s("line", { x1: x(0), y1: y(0), x2: x(at(one)[0]), y2: y(at(one)[1]), class: "way" }));
  const points = spots.map((one, n) => {
    const [east, north] = at(one);
    const isRight = east * px < W / 4;
    return s("g", { class: `spot ${one.kind}` }, one.kind === "event" ? s("path", { d: `M${x(east)} ${y(north) - 7}l6 12h-12z` }) : s("circle", { cx: x(east), cy: y(north), r: 4 }), s("text", { x: x(east) + (isRight ? 9 : -9), y: y(north) + (n === 0 ? 4 : -4), class: isRight ? "small" : "small end" }, one.name));
  });
  const scale = s("g", { class: "scale" }, s("path", { d: `M10 ${H - 14}v4h${bar * px}v-4` }), s("text", { x: 14 + bar * px, y: H - 9, class: "small" }, `${number(bar, 2)} km`), s("text", { x: W - 8, y: 14, class: "small end" }, "N ↑"));
  return s("svg", { viewBox: `0 0 ${W} ${H}`, class: "where", "aria-hidden": "true" }, ...made, ...lines, ...points, scale);
}

interface Mark {
  lane: "declared" | "seen";
  name: string;
  from: number;
  to: number;
}

function marksOf(nodes: Node_[]): Mark[] {
  const marks: Mark[] = [];
  for (const node of nodes) {
    for (const [lane, from, to] of [["declared", node.arrive, node.depart], ["seen", node.seen_arrive, node.seen_depart]] as const) {
      const begin = Date.parse(from ?? to ?? "");
      const end = Date.parse(to ?? from ?? "");
      if (!Number.isNaN(begin)) marks.push({ lane, name: node.name || node.location, from: begin, to: Math.max(begin, end) });
    }
  }
  return marks;
}

function when(told: Dossier): SVGElement {
  const { event } = told.facts;
  const start = Date.parse(event.start ?? told.received);
  const end = Date.parse(event.end ?? "") || serverNow();
  const lead = Date.parse(told.lead_until ?? "");
  const marks = marksOf(told.facts.itinerary.nodes ?? []);
  const now = serverNow();
  const instants = [start, end, now, ...(Number.isNaN(lead) ? [] : [lead])];
  // calls far away in time would press the event into a line
  const breadth = Math.max(Math.max(...instants) - Math.min(...instants), 6 * 3_600_000);
  const near = marks.filter((one) => one.to > Math.min(...instants) - breadth && one.from < Math.max(...instants) + breadth);
  const all = [...instants, ...near.flatMap((one) => [one.from, one.to])];
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const x = (ms: number) => 60 + ((ms - first) / Math.max(last - first, 1)) * (W - 90);
  const lane = (name: string, y: number) => [s("text", { x: 6, y: y + 4, class: "small" }, name), s("line", { x1: 60, x2: W - 20, y1: y, y2: y, class: "lane" })];
  let taken = -Infinity;
  const calls = near.map((one) => {
    const y = one.lane === "declared" ? 50 : 96;
    const isFree = x(one.from) - taken > 60 || one.lane === "seen";
    if (one.lane === "declared" && isFree) taken = x(one.from);
    return s("g", {}, s("rect", { x: x(one.from), y: y - 5, width: Math.max(x(one.to) - x(one.from), 4), height: 10, class: `call ${one.lane}` }), one.lane === "declared" && isFree && s("text", { x: Math.min(x(one.from), W - 60), y: y - 10, class: "small" }, one.name.slice(0, 14)));
  });
  return s(
    "svg",
    { viewBox: `0 0 ${W} ${H}`, class: "when", "aria-hidden": "true" },
    ...lane(t("picture.declared"), 50),
    ...lane(t("picture.seen"), 96),
    ...lane(t("picture.event"), 142),
    ...calls,
    s("rect", { x: x(start), y: 134, width: Math.max(x(end) - x(start), 3), height: 16, class: event.end === null ? "happening open" : "happening" }),
    s("line", { x1: x(now), x2: x(now), y1: 24, y2: 168, class: "now" }),
    s("text", { x: Math.min(x(now) + 3, W - 30), y: 22, class: "small" }, t("picture.now")),
    !Number.isNaN(lead) && s("line", { x1: x(lead), x2: x(lead), y1: 24, y2: 168, class: "lead" }),
    !Number.isNaN(lead) && s("text", { x: Math.min(x(lead), W - 30), y: 182, class: "small middle" }, t("picture.lead")),
    s("text", { x: 60, y: H - 4, class: "small" }, utc(new Date(first).toISOString())),
    s("text", { x: W - 20, y: H - 4, class: "small end" }, utc(new Date(last).toISOString())),
  );
}

function inWords(told: Dossier, spots: Spot[], rings: Ring[]): string {
  const { event } = told.facts;
  const lines = spots.map((one) => `${one.name} ${degrees(one.lat, true)} ${degrees(one.lon, false)}`);
  for (const ring of rings) lines.push(`${ring.name} ${number(ring.km, 1)} km`);
  lines.push(event.end === null ? t("picture.open", { at: utc(event.start), span: span(serverNow() - Date.parse(event.start ?? "")) }) : t("picture.over", { from: utc(event.start), to: utc(event.end) }));
  if (told.lead_until !== null) lines.push(t("picture.lead_at", { at: utc(told.lead_until) }));
  return lines.join("; ");
}

export function pictureOf(told: Dossier): HTMLElement {
  const spots = spotsOf(told);
  const rings = ringsOf(told);
  return h("figure", { class: "picture" }, h("div", { class: "drawn" }, spots.length > 0 && where(spots, rings), when(told)), h("figcaption", { class: "small" }, inWords(told, spots, rings)));
}
