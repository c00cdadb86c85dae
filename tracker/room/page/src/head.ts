// The head of the page: is quiet true? The age of what is shown, engines, the load of this desk, sound; clocks; theme, brightness, language; who is signed in.
import { get } from "./api";
import { nameOf } from "./desk";
import { h, replace } from "./dom";
import { lookWords, nextBrightness, nextTheme } from "./look";
import { may, me, sessionLeftMs, signOut } from "./session";
import { pagesNav } from "./pages/table";
import { mute, onSoundChanged, soundState, testSound } from "./sound";
import type { Stream } from "./stream";
import { language, languages, speak, t } from "./texts";
import { localClock, noteServerTime, serverNow, span, utcClock } from "./time";
import type { DeskLoad, EngineTold } from "./shapes";

export const STALE_MS = 10_000;
/** Event time this far behind the clock: what happens now is told later. */
const BEHIND_MS = 15 * 60_000;
const WARN_MS = 5 * 60_000;

export class Head {
  readonly element: HTMLElement;
  private readonly line = h("span", { class: "health", role: "status" });
  private readonly engines = h("span", { class: "health" });
  private readonly load = h("span", { class: "health" });
  private readonly clock = h("span", { class: "clock" });
  private readonly sound = h("button", { type: "button", onclick: () => void this.pressSound() });
  /** What the button said when it was touched: the touch itself unlocks sound, and must not be taken for a wish to switch it off. */
  private soundTouched: ReturnType<typeof soundState> | null = null;
  private readonly look = h("button", { type: "button", title: t("head.theme"), onclick: () => (nextTheme(), this.draw()) });
  readonly banners = h("div", { class: "banners" });
  private readonly banner = { flood: h("p", { class: "banner flood", role: "alert", hidden: true }), stale: h("p", { class: "banner stale", role: "alert", hidden: true }), session: h("p", { class: "banner", role: "alert", hidden: true }) };
  private told: EngineTold[] = [];
  private desks: DeskLoad[] = [];
  private readMs = -Infinity;

  constructor(private readonly stream: Stream) {
    const choose = h("select", { "aria-label": t("head.language"), onchange: () => speak(choose.value) });
    for (const one of languages) choose.append(h("option", { value: one, selected: one === language }, one.toUpperCase()));
    this.element = h(
      "header",
      { class: "head" },
      h("h1", {}, "Tidewaiter"),
      this.line,
      this.engines,
      this.load,
      pagesNav("wide"),
      h("span", { class: "fill" }),
      this.sound,
      this.look,
      h("button", { type: "button", title: t("key.brightness"), "aria-label": t("key.brightness"), onclick: () => (nextBrightness(), this.draw()) }, "◐"),
      choose,
      this.clock,
      h("span", { class: "me" }, me().name),
      h("button", { type: "button", onclick: () => void signOut() }, t("head.sign_out")),
    );
    this.banners.append(this.banner.stale, this.banner.session, this.banner.flood);
    for (const kind of ["pointerdown", "keydown"]) this.sound.addEventListener(kind, () => (this.soundTouched = soundState()));
    onSoundChanged(() => this.drawSound());
    setInterval(() => this.draw(), 1000);
    window.addEventListener("look", () => this.draw());
    this.draw();
  }

  get isFlood(): boolean {
    return this.own?.is_flood ?? false;
  }

  get isStale(): boolean {
    return this.stream.ageMs > STALE_MS;
  }

  /** The load of the own desk, or of all. */
  private get own(): DeskLoad | undefined {
    return this.desks.find((one) => one.unit !== null && one.unit === me().unit_id) ?? this.desks.find((one) => one.unit === null);
  }

  takeEngines(told: EngineTold[] | undefined): void {
    if (told !== undefined) this.told = told;
    this.draw();
  }

  /** Read the load anew; at most once a minute, for every look stands in the audit. */
  async readLoad(isUrgent = false): Promise<void> {
    if (!may("see_load") || (!isUrgent && performance.now() - this.readMs < 60_000)) return;
    this.readMs = performance.now();
    const answer = await get<{ desks: DeskLoad[]; at: string }>("/load").catch(() => null);
    if (answer === null) return;
    noteServerTime(answer.at);
    this.desks = answer.desks;
    this.draw();
  }

  private async pressSound(): Promise<void> {
    const said = this.soundTouched ?? soundState();
    this.soundTouched = null;
    if (said === "on") mute(true);
    else {
      mute(false);
      await testSound();
    }
  }

  draw(): void {
    const now = serverNow();
    replace(this.clock, h("b", {}, utcClock(now)), h("span", { class: "quiet" }, localClock(now)));
    this.drawLine();
    this.drawEngines();
    this.drawLoad();
    this.drawSound();
    replace(this.look, lookWords());
    const left = sessionLeftMs();
    this.say("session", left !== null && left < WARN_MS && left > 0 ? t("head.session_ends", { span: span(left) }) : "");
  }

  private say(name: keyof Head["banner"], words: string): void {
    const banner = this.banner[name];
    if (banner.textContent !== words) replace(banner, words);
    banner.hidden = words === "";
  }

  private drawLine(): void {
    const age = this.stream.ageMs;
    const isStale = age > STALE_MS;
    document.body.classList.toggle("stale", isStale);
    this.line.className = isStale ? "health bad" : this.stream.isConnected ? "health good" : "health";
    replace(this.line, isStale ? t("head.stale") : this.stream.isConnected ? t("head.live") : t("head.looking"));
    this.say("stale", isStale ? t("head.stale_banner", { span: span(age) }) : "");
  }

  private drawEngines(): void {
    const away = this.told.filter((one) => !one.is_connected);
    const old = this.told.filter((one) => one.is_connected && one.heard !== null && serverNow() - Date.parse(one.heard) > 30_000);
    const behind = Math.max(0, ...this.told.map((one) => (one.watermark === null ? 0 : serverNow() - Date.parse(one.watermark))));
    const isBehind = behind > BEHIND_MS;
    this.engines.className = away.length > 0 ? "health bad" : old.length > 0 || isBehind ? "health warn" : "health good";
    const words = this.told.length === 0 ? "" : away.length > 0 ? t("head.engine_away", { name: away.map((one) => one.engine).join(", ") }) : old.length > 0 ? t("head.engine_old", { name: old.map((one) => one.engine).join(", ") }) : isBehind ? t("head.behind", { span: span(behind) }) : t("head.engines", { n: this.told.length });
    replace(this.engines, words);
    this.engines.title = this.told.map((one) => `${one.engine}: ${one.is_connected ? (one.phase ?? "") : one.why}; ${t("head.watermark", { at: one.watermark ?? "–" })}`).join("\n");
    this.engines.hidden = words === "";
  }

  private drawLoad(): void {
    const own = this.own;
    this.load.hidden = own === undefined;
    if (own === undefined) return;
    this.load.className = own.is_flood ? "health bad" : own.last_hour > 12 ? "health warn" : "health good";
    replace(this.load, t("head.load", { ten: own.last_10_min, hour: own.last_hour, shift: own.last_shift }));
    this.load.title = `${own.unit === null ? t("head.all_desks") : nameOf(own.unit)}: ${own.sentence}`;
    this.say("flood", own.is_flood ? t("head.flood", { n: own.last_10_min }) : "");
  }

  private drawSound(): void {
    const state = soundState();
    this.sound.className = state === "on" ? "" : "wrong";
    replace(this.sound, t(state === "on" ? "sound.on" : state === "muted" ? "sound.muted" : "sound.blocked"));
    this.sound.title = t("sound.press");
  }
}
