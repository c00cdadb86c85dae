// Alerts in words: who, what in eight words, where, and what moved. Made of a row's members; the sentences of the room itself stay as they are.
import type { Moved } from "./rows";
import { craftFlag } from "./countries";
import { hasText, number, t, word } from "./texts";
import { serverNow, span, utc } from "./time";
import type { Row } from "./shapes";

/** `219001234` or `4B1812`, with the flag before it. */
export function craftName(craft: string): string {
  const [kind, id = craft] = craft.split(":");
  return kind === "icao24" ? id.toUpperCase() : id;
}

export function craftKind(craft: string): string {
  return craft.startsWith("icao24:") ? t("craft.aircraft") : craft.startsWith("source:") ? t("craft.source") : t("craft.ship");
}

export function flagOf(row: Row): string {
  return row.craft_country === null ? "" : craftFlag(row.craft_country);
}

/** What happened, in eight words at most: kind, detail, how long, with whom. */
export function whatHappened(row: Row): string {
  const whole = `what.${row.kind}.${row.detail}`;
  const words = hasText(whole) ? [t(whole)] : [word("kind", row.kind)];
  if (!hasText(whole) && row.detail && row.detail !== row.kind) words.push(word("detail", row.detail));
  if (row.start !== null && row.end !== null) {
    const ms = Date.parse(row.end) - Date.parse(row.start);
    if (ms >= 60_000) words.push(span(ms));
  } else if (row.start !== null) words.push(t("row.for", { span: span(serverNow() - Date.parse(row.start)) }));
  const told = words.join(", ");
  return row.other_craft === null ? told : `${told} ${t("row.with", { craft: craftName(row.other_craft) })}`;
}

const CELL = /^[NS]\d\d[EW]\d\d\d$/;

export function degrees(value: number, isLat: boolean): string {
  const sign = isLat ? (value < 0 ? "S" : "N") : value < 0 ? "W" : "E";
  const whole = Math.floor(Math.abs(value));
  const minutes = (Math.abs(value) - whole) * 60;
  return `${String(whole).padStart(isLat ? 2 : 3, "0")}°${minutes.toFixed(1).padStart(4, "0")}′${sign}`;
}

export function placeOf(row: { area: string; lat_deg: number | null; lon_deg: number | null }): string {
  const where = row.lat_deg === null || row.lon_deg === null ? "" : `${degrees(row.lat_deg, true)} ${degrees(row.lon_deg, false)}`;
  return row.area === "" || row.area === "nowhere" || CELL.test(row.area) ? where : `${row.area}, ${where}`;
}

function value(name: Moved["name"], told: unknown, nameOf: (id: string) => string): string {
  if (told === null || told === undefined || told === "") return "–";
  if (name === "lead_until") return utc(String(told));
  if (name === "confidence") return `${number(Number(told) * 100)} %`;
  if (name === "person" || name === "unit") return nameOf(String(told));
  if (name === "priority_band") return word("band", String(told));
  if (name === "state") return word("state", String(told));
  if (name === "life") return word("life", String(told));
  if (Array.isArray(told)) return told.length ? told.join(", ") : "–";
  return String(told);
}

/** `priority 40 → 62`. */
export function movedWords(moved: Moved, nameOf: (id: string) => string): string {
  return `${word("moved", moved.name)} ${value(moved.name, moved.from, nameOf)} → ${value(moved.name, moved.to, nameOf)}`;
}
