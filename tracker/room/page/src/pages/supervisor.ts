// What a supervisor looks at: load of the desks, what nobody touches, what called most, how often rules were right, and what is suppressed.
import { ask, get } from "../api";
import { nameOf, ownerOf } from "../desk";
import { h, replace, type Child } from "../dom";
import { instant, table } from "../dossier";
import { askFor } from "../forms";
import { readFinished } from "../load";
import { done, refused } from "../notices";
import { alertAddress } from "../route";
import { number, t, word } from "../texts";
import { serverNow, span, utc } from "../time";
import { whatHappened } from "../wording";
import { calibrationPicture, shareBar, type Bin } from "./chart";
import { card, craftLink, labelled, percent, Reading, sentenceOf, type Around, type PageContent } from "./parts";
import type { DeskLoad, Row } from "../shapes";

interface Precision {
  name: string;
  right: number;
  wrong: number;
  not_counted: number;
  precision: number | null;
  low: number | null;
  high: number | null;
}

interface Offer {
  rule: string;
  area: string;
  right: number;
  wrong: number;
  sentence: string;
}

interface Figures {
  days: number;
  fewest: number;
  precision: Record<string, Precision[]>;
  calibration: Bin[];
  offers: Offer[];
}

interface Suppression {
  rule_id: string;
  is_service: boolean;
  match: Record<string, string>;
  reason: string;
  by: string;
  at: string;
  until: string;
}

const MATCHED = ["rule", "kind", "area", "feed", "craft", "engine"] as const;
const DAYS = [1 / 24, 4 / 24, 8 / 24, 1, 3, 7, 14, 30, 90];
const MOST = 8;

export class SupervisorPage implements PageContent {
  readonly element = h("div", { class: "supervisor" });
  private readonly load = h("div");
  private readonly alerts = h("div");
  private readonly quality = h("div");
  private readonly quiet = h("div");
  private readonly figures = new Reading(this.quality);
  private readonly suppressed = new Reading(this.quiet);
  private readonly desks = new Reading(this.load);
  private readonly calls = new Reading(this.alerts);
  private offers: Offer[] = [];

  constructor(private readonly around: Around) {
    replace(this.element, this.load, this.alerts, this.quiet, this.quality);
  }

  show(): void {
    void this.desks.read(async () => [loadCard((await get<{ desks: DeskLoad[] }>("/load")).desks)]);
    void this.calls.read(async () => {
      const open = this.around.rows();
      const finished = await readFinished();
      return [staleCard(open), mostCard(open, finished)];
    });
    void this.figures.read(async () => {
      const told = await get<Figures>("/verdicts/figures");
      this.offers = told.offers;
      void this.readSuppressions();
      return [precisionCard(told), calibrationCard(told)];
    });
  }

  private readSuppressions(): Promise<void> {
    return this.suppressed.read(async () => {
      const told = (await get<{ suppressions: Suppression[] }>("/suppressions")).suppressions;
      const rows = told.map((one): Child[] => [
        matchWords(one.match),
        one.is_service ? t("supervisor.service") : t("supervisor.by_design"),
        one.reason,
        nameOf(one.by),
        instant(one.until),
        h("button", { type: "button", onclick: () => void this.lift(one) }, t("supervisor.lift")),
      ]);
      const offers = this.offers.map((one) => h("li", {}, one.sentence, " ", h("button", { type: "button", onclick: () => void this.suppress({ rule: one.rule, area: one.area }, one.sentence) }, t("supervisor.suppress_it"))));
      return [
        card(
          t("supervisor.suppressions"),
          table([t("supervisor.match"), t("supervisor.kind_of"), t("supervisor.reason"), t("supervisor.by"), t("thing.until"), ""], rows) ?? h("p", { class: "quiet" }, t("supervisor.no_suppressions")),
          offers.length > 0 && h("div", {}, h("h4", {}, t("supervisor.offers")), h("ul", { class: "plain offers" }, ...offers)),
          h("p", { class: "tools" }, h("button", { type: "button", onclick: () => void this.suppress({}, "") }, t("supervisor.make"))),
        ),
      ];
    }, this.quiet.childElementCount > 0);
  }

  private async suppress(match: Record<string, string>, why: string): Promise<void> {
    const days = h("select", { name: "days" }, ...DAYS.map((one) => h("option", { value: one, selected: one === 1 }, t("supervisor.for", { span: span(one * 86_400_000), end: utc(new Date(serverNow() + one * 86_400_000).toISOString()) }))));
    const fields = MATCHED.map((one) => labelled(word("match", one), h("input", { name: `match.${one}`, value: match[one] ?? "", maxlength: 200, autocomplete: "off" })));
    const reason = h("textarea", { name: "reason", rows: 2, maxlength: 2000, required: true });
    reason.value = why;
    const said = await askFor(t("supervisor.make"), t("supervisor.do"), [
      h("p", { class: "quiet" }, t("supervisor.make_means")),
      h("div", { class: "fields" }, ...fields),
      labelled(t("form.until"), days),
      labelled(t("supervisor.reason"), reason),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "is_service" }), h("span", {}, t("supervisor.is_service"))),
    ]);
    if (said === null) return;
    const chosen = Object.fromEntries(MATCHED.map((one) => [one, said[`match.${one}`]?.trim() ?? ""]).filter(([, value]) => value !== ""));
    if (Object.keys(chosen).length === 0) {
      refused(t("supervisor.nothing_named"));
      return;
    }
    const until = new Date(serverNow() + Number(said["days"]) * 86_400_000 - 1000).toISOString();
    await this.change(() => ask("POST", "/suppressions", { match: chosen, reason: said["reason"], until, is_service: "is_service" in said }), t("supervisor.made"));
  }

  private async lift(one: Suppression): Promise<void> {
    const said = await askFor(t("supervisor.lift"), t("supervisor.lift"), [h("p", {}, t("supervisor.lift_means", { match: matchWords(one.match) }))]);
    if (said !== null) await this.change(() => ask("DELETE", `/suppressions/${encodeURIComponent(one.rule_id)}`), t("supervisor.lifted"));
  }

  private async change(make: () => Promise<unknown>, words: string): Promise<void> {
    try {
      await make();
      done(words);
    } catch (error) {
      refused(sentenceOf(error));
    }
    await this.readSuppressions();
  }
}

function matchWords(match: Record<string, string>): string {
  return Object.entries(match)
    .map(([name, value]) => `${word("match", name)} ${value}`)
    .join(", ");
}

function loadCard(desks: DeskLoad[]): HTMLElement {
  const rows = desks.map((one): Child[] => [
    one.unit === null ? t("head.all_desks") : nameOf(one.unit),
    number(one.last_10_min),
    number(one.last_hour),
    number(one.last_shift),
    number(one.floods),
    h("span", { class: one.is_flood ? "wrong" : "" }, one.sentence, one.flood_since ? h("span", {}, ` ${t("health.since")} `, instant(one.flood_since)) : ""),
  ]);
  return card(t("supervisor.load"), table([t("supervisor.desk"), t("supervisor.ten_min"), t("supervisor.hour"), t("supervisor.shift", { h: desks[0]?.shift_h ?? 0 }), t("supervisor.floods"), t("supervisor.means")], rows));
}

function staleCard(open: Row[]): HTMLElement {
  const stale = open.filter((row) => row.is_stale);
  const rows = stale.slice(0, 50).map((row): Child[] => [
    h("a", { href: alertAddress(row.alert_id) }, `${word("band", row.priority_band)} ${row.priority}`),
    h("span", {}, craftLink(row.craft), ` ${whatHappened(row)}`),
    word("state", row.state),
    ownerOf(row) || t("row.nobody"),
    instant(row.received),
  ]);
  return card(t("supervisor.stale", { n: stale.length }), table([t("handover.priority"), t("handover.what"), t("supervisor.state"), t("handover.has"), t("supervisor.came")], rows) ?? h("p", { class: "quiet" }, t("supervisor.no_stale")));
}

/** What the alerts of now and those finished last are about, most first. */
function mostCard(open: Row[], finished: Row[]): HTMLElement {
  const all = [...new Map([...finished, ...open].map((row) => [row.alert_id, row])).values()];
  const by = (name: string, of: (row: Row) => string, shown: (value: string) => Child) => {
    const counts = new Map<string, number>();
    for (const row of all) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST);
    return h("div", {}, table([name, t("supervisor.alerts")], most.map(([value, count]) => [shown(value), number(count)])) ?? h("p", { class: "quiet" }, t("thing.nothing")));
  };
  return card(
    t("supervisor.most"),
    h("p", { class: "quiet small" }, t("supervisor.most_of", { open: open.length, finished: finished.length })),
    h(
      "div",
      { class: "four" },
      by(t("match.craft"), (row) => row.craft, (craft) => craftLink(craft)),
      by(t("match.kind"), (row) => row.kind, (kind) => word("kind", kind)),
      by(t("match.rule"), (row) => row.rule, (rule) => rule),
      by(t("match.area"), (row) => row.area, (area) => area || "–"),
    ),
  );
}

function precisionCard(told: Figures): HTMLElement {
  const rows = (told.precision["rule"] ?? []).map((one): Child[] => [
    one.name,
    number(one.right),
    number(one.wrong),
    number(one.not_counted),
    one.precision === null || one.low === null || one.high === null ? h("span", { class: "quiet" }, t("supervisor.too_few", { n: told.fewest })) : h("span", { class: "share-of" }, `${percent(one.precision)} (${percent(one.low)} – ${percent(one.high)})`, shareBar(one.precision, one.low, one.high)),
  ]);
  return card(t("supervisor.precision", { days: told.days }), table([t("match.rule"), t("supervisor.right"), t("supervisor.wrong"), t("supervisor.not_counted"), t("supervisor.share")], rows) ?? h("p", { class: "quiet" }, t("supervisor.no_verdicts")));
}

function calibrationCard(told: Figures): HTMLElement {
  const rows = told.calibration.map((one): Child[] => [`${percent(one.from)} – ${percent(one.to)}`, number(one.judged), percent(one.stated), one.right === null ? h("span", { class: "quiet" }, t("supervisor.too_few", { n: told.fewest })) : `${percent(one.right)} (${percent(one.low)} – ${percent(one.high)})`]);
  return card(t("supervisor.calibration"), h("div", { class: "calibrated" }, calibrationPicture(told.calibration), h("div", {}, h("p", { class: "quiet small" }, t("supervisor.calibration_means")), table([t("supervisor.confidence"), t("supervisor.judged"), t("supervisor.stated"), t("supervisor.found")], rows))));
}
