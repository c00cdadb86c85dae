// Is quiet true? Every part between a ship and this desk in a line: how it is, and what that means for whoever watches.
import { get } from "../api";
import { h, replace, type Child } from "../dom";
import { instant } from "../dossier";
import { STALE_MS } from "../head";
import { may, sessionLeftMs } from "../session";
import { soundState, testSound } from "../sound";
import { t, word } from "../texts";
import { serverNow, span } from "../time";
import { card, sentenceOf, type Around, type PageContent } from "./parts";
import type { EngineTold } from "../shapes";

type How = "good" | "look" | "bad";

interface Line {
  how: How;
  what: string;
  value: Child[];
  means: string;
}

interface Sending {
  subscriptions: { name: string; sending: { state: string; waiting: number; given_up: number; failing_since: string | null; why: string | null } | null }[];
}

interface Heads {
  heads: { head: string; at: string }[];
  topic: { name: string; waiting: number; failing_since: string | null; why: string } | null;
}

const QUIET_MS = 30_000;
const OLD_MS = 10 * 60_000;
/** Every look stands in the audit, so the room is not asked more often. */
const AGAIN_MS = 60_000;
const MARK: Record<How, string> = { good: "●", look: "▲", bad: "■" };

export class HealthPage implements PageContent {
  readonly element: HTMLElement;
  private readonly whole = h("p", { class: "whole", role: "status" });
  private readonly lines = h("div", { class: "lines" });
  private readonly wholeWords = { words: "" };
  private read: { atMs: number; tookMs: number; failed: string; engines: EngineTold[]; sending: Sending | null; heads: Heads | null } = { atMs: -Infinity, tookMs: 0, failed: "", engines: [], sending: null, heads: null };
  private isReading = false;
  private words = "";

  constructor(private readonly around: Around) {
    this.element = h("div", { class: "health-page" }, this.whole, this.lines, h("p", { class: "tools" }, h("button", { type: "button", onclick: () => void testSound() }, t("health.test_sound")), h("button", { type: "button", onclick: () => void this.ask() }, t("health.again"))));
  }

  show(): void {
    void this.ask();
  }

  tick(): void {
    if (performance.now() - this.read.atMs > AGAIN_MS) void this.ask();
    this.draw();
  }

  private async ask(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    const begun = performance.now();
    try {
      const engines = (await get<{ engines: EngineTold[] }>("/engines")).engines;
      const tookMs = performance.now() - begun;
      const sending = may("manage_sending") ? await get<Sending>("/subscriptions") : null;
      const heads = may("see_audit") ? await get<Heads>("/audit/heads?limit=1") : null;
      this.read = { atMs: performance.now(), tookMs, failed: "", engines, sending, heads };
    } catch (error) {
      this.read = { ...this.read, atMs: performance.now(), failed: sentenceOf(error) };
    } finally {
      this.isReading = false;
    }
    this.draw();
  }

  private draw(): void {
    const followed = this.around.engines();
    const engines = followed.length > 0 ? followed : this.read.engines;
    const groups: [string, Line[]][] = [
      [t("health.engines"), engines.length === 0 ? [{ how: "bad", what: t("health.no_engines"), value: [], means: t("health.no_engines_means") }] : engines.flatMap(engineLines)],
      [t("health.page"), [...this.streamLines(), soundLine(), sessionLine()]],
      [t("health.room"), this.roomLines()],
    ];
    const all = groups.flatMap(([, lines]) => lines);
    const worst: How = all.some((one) => one.how === "bad") ? "bad" : all.some((one) => one.how === "look") ? "look" : "good";
    const count = all.filter((one) => one.how === worst).length;
    const words = t(`health.whole_${worst}`, { n: count });
    if (words !== this.wholeWords.words) {
      this.wholeWords.words = words;
      this.whole.className = `whole ${worst}`;
      replace(this.whole, h("span", { class: "mark" }, MARK[worst]), ` ${words}`);
    }
    const made = groups.map(([title, lines]) => card(title, h("ul", { class: "plain" }, ...lines.map(line))));
    const now = made.map((one) => one.textContent).join();
    if (now === this.words) return; // what is selected stays selected
    this.words = now;
    replace(this.lines, ...made);
  }

  private streamLines(): Line[] {
    const stream = this.around.stream;
    if (stream === null) return [];
    const age = stream.ageMs;
    const isOld = age > STALE_MS;
    return [
      { how: isOld ? "bad" : "good", what: t("health.data"), value: [t("health.data_age", { span: span(age) })], means: isOld ? t("health.data_bad") : t("health.data_good") },
      { how: stream.isConnected ? "good" : "bad", what: t("health.stream"), value: [stream.isConnected ? t("health.connected") : t("health.cut"), ` · ${t(document.documentElement.dataset["leads"] === "yes" ? "health.leads" : "health.follows")}`], means: stream.isConnected ? t("health.stream_good") : t("health.stream_bad") },
    ];
  }

  private roomLines(): Line[] {
    const { failed, tookMs, sending, heads, atMs } = this.read;
    if (atMs === -Infinity) return [];
    const lines: Line[] = [
      failed
        ? { how: "bad", what: t("health.store"), value: [failed], means: t("health.store_bad") }
        : { how: tookMs > 2000 ? "look" : "good", what: t("health.store"), value: [t("health.answered", { ms: Math.round(tookMs), span: span(performance.now() - atMs) })], means: tookMs > 2000 ? t("health.store_slow") : t("health.store_good") },
    ];
    if (sending !== null) {
      const failing = sending.subscriptions.filter((one) => one.sending?.state === "failing");
      const waiting = sending.subscriptions.reduce((sum, one) => sum + (one.sending?.waiting ?? 0), 0);
      const value: Child[] = [t("health.sending_of", { n: sending.subscriptions.length, failing: failing.length, waiting }), ...failing.map((one) => h("div", {}, `${one.name}: ${one.sending?.why ?? ""}`, " ", instant(one.sending?.failing_since)))];
      lines.push({ how: failing.length > 0 ? "bad" : "good", what: t("health.sending"), value, means: sending.subscriptions.length === 0 ? t("health.sending_none") : failing.length > 0 ? t("health.sending_bad") : t("health.sending_good") });
    }
    if (heads !== null) {
      const last = heads.heads[0];
      const age = last === undefined ? Infinity : serverNow() - Date.parse(last.at);
      const isOld = age > 2 * 3_600_000;
      const isFailing = heads.topic?.failing_since != null;
      const value: Child[] = last === undefined ? [t("health.no_head")] : [h("code", {}, last.head), " ", instant(last.at), ...(heads.topic === null ? [] : [h("div", {}, t("health.topic", { name: heads.topic.name, waiting: heads.topic.waiting }), isFailing ? ` ${heads.topic.why}` : "")])];
      lines.push({ how: isOld || isFailing ? "look" : "good", what: t("health.head"), value, means: isOld ? t("health.head_old") : t("health.head_good") });
    }
    return lines;
  }
}

function line(told: Line): HTMLElement {
  return h("li", { class: `line-of ${told.how}` }, h("span", { class: "mark", role: "img", "aria-label": word("health.how", told.how) }, MARK[told.how]), h("div", {}, h("div", {}, h("b", {}, told.what), " ", ...told.value), h("div", { class: "quiet" }, told.means)));
}

/** Whether it is there, and how far its data reach. */
function engineLines(told: EngineTold): Line[] {
  const heard = told.heard === null ? Infinity : serverNow() - Date.parse(told.heard);
  const since = told.since === null ? [] : [` ${t("health.since")} `, instant(told.since)];
  if (!told.is_connected) return [{ how: "bad", what: told.engine, value: [t("health.away"), ...since, told.why ? `: ${told.why}` : ""], means: t("health.away_means") }];
  const isQuiet = heard > QUIET_MS;
  const value: Child[] = [t("health.connected"), ...since, " · ", heard === Infinity ? t("health.never_heard") : t("health.heard", { span: span(heard) }), told.phase ? ` · ${word("phase", told.phase)}` : ""];
  const reach = told.watermark === null || Number.isNaN(Date.parse(told.watermark)) ? null : serverNow() - Date.parse(told.watermark);
  const isWarming = told.phase !== null && told.phase !== "live";
  const first: Line = {
    how: isQuiet || told.is_behind || isWarming ? "look" : "good",
    what: told.engine,
    value: told.is_behind ? [...value, ` · ${t("health.behind")}`] : value,
    means: isQuiet ? t("health.quiet_means") : told.is_behind ? t("health.behind_means") : isWarming ? t("health.warming_means") : t("health.engine_good"),
  };
  const second: Line =
    reach === null
      ? { how: "look", what: t("health.watermark", { name: told.engine }), value: ["–"], means: t("health.watermark_none") }
      : { how: reach > OLD_MS ? "bad" : "good", what: t("health.watermark", { name: told.engine }), value: [instant(told.watermark), ` (${t("thing.ago", { span: span(reach) })})`], means: reach > OLD_MS ? t("health.watermark_bad") : t("health.watermark_good") };
  return [first, second];
}

function soundLine(): Line {
  const state = soundState();
  return { how: state === "on" ? "good" : "bad", what: t("health.sound"), value: [t(state === "on" ? "sound.on" : state === "muted" ? "sound.muted" : "sound.blocked")], means: state === "on" ? t("health.sound_good") : t("health.sound_bad") };
}

function sessionLine(): Line {
  const left = sessionLeftMs();
  const isShort = left !== null && left < 5 * 60_000;
  return { how: isShort ? "look" : "good", what: t("health.session"), value: [left === null ? "–" : t("health.session_left", { span: span(left) })], means: isShort ? t("health.session_bad") : t("health.session_good") };
}
