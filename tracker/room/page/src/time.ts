// Time as the room has it: the server's clock, UTC first and local beside. A browser's own clock may be wrong by hours, so no age is ever taken from it.
import { locale, number, t } from "./texts";

let offsetMs = 0;

/** An answer of the room said what time it is there. */
export function noteServerTime(at: string | undefined): void {
  const told = at === undefined ? NaN : Date.parse(at);
  if (!Number.isNaN(told)) offsetMs = told - Date.now();
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}

const clockUtc = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const clockUtcS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });
const clockLocal = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });
const dayUtc = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
const DAY_MS = 86_400_000;

export function utcClock(ms: number): string {
  return `${clockUtcS.format(ms)} UTC`;
}

export function localClock(ms: number): string {
  return clockLocal.format(ms);
}

/** An instant in UTC; with its day where that is not today's. */
export function utc(at: string | null | undefined): string {
  const ms = at ? Date.parse(at) : NaN;
  if (Number.isNaN(ms)) return "";
  const isToday = Math.floor(ms / DAY_MS) === Math.floor(serverNow() / DAY_MS);
  return isToday ? `${clockUtc.format(ms)} UTC` : `${dayUtc.format(ms)} ${clockUtc.format(ms)} UTC`;
}

/** An instant as a `time` element's words: UTC, and local as its title. */
export function localOf(at: string | null | undefined): string {
  const ms = at ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? "" : `${dayUtc.format(ms)} ${localClock(ms)}`;
}

/** A length of time in its two largest units. */
export function span(ms: number): string {
  const minutes = Math.abs(ms) / 60_000;
  if (minutes < 1) return t("span.s", { n: Math.floor(Math.abs(ms) / 1000) });
  if (minutes < 60) return t("span.min", { n: Math.floor(minutes) });
  const hours = minutes / 60;
  if (hours < 48) {
    const rest = Math.floor(minutes % 60);
    return hours < 10 && rest ? t("span.h_min", { h: Math.floor(hours), min: rest }) : t("span.h", { n: number(Math.floor(hours)) });
  }
  return t("span.d", { n: number(Math.floor(hours / 24)) });
}

export function msUntil(at: string | null | undefined): number | null {
  const ms = at ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? null : ms - serverNow();
}
