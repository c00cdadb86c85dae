// The hand-over of a shift: the sheet as it is now, kept with remarks; earlier sheets, signed by whoever takes over; on paper, too.
import { ask, get } from "../api";
import { nameOf, readDesk, units } from "../desk";
import { h, replace, type Child } from "../dom";
import { instant, table } from "../dossier";
import { done, refused } from "../notices";
import { alertAddress, go, pageAddress, type Place } from "../route";
import { me } from "../session";
import { t, word } from "../texts";
import { utc } from "../time";
import { craftName } from "../wording";
import { card, copied, labelled, Reading, sentenceOf, type PageContent } from "./parts";

interface SheetRow {
  alert_id: string;
  state: string;
  priority?: number;
  priority_band?: string;
  kind: string;
  craft: string;
  explanation?: string;
  person: string | null;
  unit: string | null;
  shelf?: { until: string; reason: string } | null;
  outcome: string | null;
  lead_until?: string | null;
}

interface Sheet {
  unit: string | null;
  since: string;
  until: string;
  remarks?: string;
  anchor?: string;
  engines: { engine: string; is_connected: boolean; since: string | null; why: string }[];
  load: { unit: string | null; last_shift: number; floods: number; sentence: string }[];
  [part: string]: unknown;
}

interface Written {
  sheet_id: string;
  digest: string;
  written_by: string;
  written: string;
  signed_by: string | null;
  signed: string | null;
  sheet: Sheet;
}

const PARTS = ["open", "promised", "shelved", "suppressed", "closed"] as const;

/** On paper a name is a name: nobody is "me" there. */
function fullName(id: string): string {
  return id === me().person_id ? me().name : nameOf(id);
}

/** An instant with its date, for paper outlives the day. */
function dated(at: string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export class HandoverPage implements PageContent {
  readonly element: HTMLElement;
  private readonly unit = h("select", { onchange: () => go({ view: "handover", id: null, own: new URLSearchParams(this.unit.value ? { unit: this.unit.value } : {}) }, true) });
  private readonly remarks = h("textarea", { rows: 3, maxlength: 2000 });
  private readonly sheet = h("div", { class: "sheet" });
  private readonly keep = h("form", { class: "keep" }, labelled(t("handover.remarks"), this.remarks), h("div", { class: "tools" }, h("button", { type: "submit", class: "main" }, t("handover.keep")), h("span", { class: "quiet small" }, t("handover.keep_means"))));
  private readonly earlier = h("div");
  private readonly reading = new Reading(this.sheet);
  private id: string | null = null;

  constructor() {
    this.keep.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.write();
    });
    const print = h("button", { type: "button", onclick: () => window.print() }, t("handover.print"));
    this.element = h("div", { class: "handover" }, h("div", { class: "tools no-print" }, labelled(t("handover.unit"), this.unit), print), h("div", { class: "keep-place no-print" }, this.keep), this.sheet, h("div", { class: "no-print" }, card(t("handover.earlier"), this.earlier)));
  }

  show(place: Place): void {
    this.id = place.id;
    void this.begin(place.own.get("unit") ?? "");
  }

  private async begin(unit: string): Promise<void> {
    await this.reading.read(async () => {
      await readDesk().catch(() => undefined);
      replace(this.unit, h("option", { value: "" }, t("handover.all")), ...units().map((one) => h("option", { value: one.unit_id }, one.name)));
      this.unit.value = unit;
      const told = await get<{ sheet: Sheet; written: Written[] }>(`/handover${unit ? `?unit=${encodeURIComponent(unit)}` : ""}`);
      const chosen = told.written.find((one) => one.sheet_id === this.id);
      this.keep.hidden = this.id !== null;
      replace(this.earlier, this.list(told.written));
      if (this.id !== null && chosen === undefined) return [h("p", { class: "wrong" }, t("handover.not_there"))];
      return sheetOf(chosen?.sheet ?? told.sheet, chosen ?? null);
    });
  }

  private list(written: Written[]): Child {
    const rows = written.map((one): Child[] => [
      h("a", { href: pageAddress("handover", one.sheet_id), "aria-current": one.sheet_id === this.id && "true" }, dated(one.written)),
      one.sheet.unit === null ? t("handover.all") : nameOf(one.sheet.unit),
      fullName(one.written_by),
      one.signed_by !== null ? h("span", {}, fullName(one.signed_by), ", ", instant(one.signed)) : one.written_by === me().person_id ? h("span", { class: "quiet" }, t("handover.other_signs")) : h("button", { type: "button", onclick: () => void this.sign(one.sheet_id) }, t("handover.sign")),
    ]);
    const made = table([t("handover.written"), t("handover.unit"), t("handover.by"), t("handover.taken")], rows);
    return h("div", {}, this.id !== null && h("p", {}, h("a", { href: pageAddress("handover") }, t("handover.now"))), made ?? h("p", { class: "quiet" }, t("handover.none")));
  }

  private async write(): Promise<void> {
    try {
      const kept = await ask<Written>("POST", "/handover", { unit: this.unit.value || null, remarks: this.remarks.value });
      this.remarks.value = "";
      done(t("handover.kept"));
      go({ view: "handover", id: kept.data.sheet_id, own: new URLSearchParams() });
    } catch (error) {
      refused(sentenceOf(error));
    }
  }

  private async sign(id: string): Promise<void> {
    try {
      await ask("POST", `/handover/${encodeURIComponent(id)}/sign`);
      done(t("handover.signed"));
      await this.begin(this.unit.value);
    } catch (error) {
      refused(sentenceOf(error));
    }
  }
}

function sheetOf(told: Sheet, kept: Written | null): Child[] {
  const words = [told.unit === null ? t("handover.all") : nameOf(told.unit), t("handover.span", { from: dated(told.since), until: dated(told.until) })];
  const away = told.engines.filter((one) => !one.is_connected);
  const standing = told.load.map((one) => h("li", {}, `${one.unit === null ? t("head.all_desks") : nameOf(one.unit)}: ${t("handover.load", { n: one.last_shift, floods: one.floods })}; ${one.sentence}`));
  return [
    h("h3", { class: "name" }, kept === null ? t("handover.sheet_now") : t("handover.sheet_of", { at: dated(kept.written), by: fullName(kept.written_by) })),
    h("p", {}, words.join(" · ")),
    kept !== null && told.remarks && h("p", { class: "remarks" }, told.remarks),
    kept !== null && h("p", {}, kept.signed_by === null ? h("strong", {}, t("handover.unsigned")) : h("span", {}, t("handover.taken_by", { by: fullName(kept.signed_by) }), " ", instant(kept.signed))),
    ...PARTS.map((part) => partOf(part, (told[part] as SheetRow[] | undefined) ?? [])),
    card(t("handover.standing"), h("ul", { class: "plain" }, ...told.engines.map((one) => h("li", {}, `${one.engine}: ${one.is_connected ? t("health.connected") : `${t("health.away")} ${one.why}`}`, one.since ? h("span", {}, ` ${t("health.since")} `, instant(one.since)) : "")), ...standing), away.length > 0 && h("p", { class: "wrong" }, t("health.away_means"))),
    kept !== null && card(t("handover.proof"), h("p", { class: "small" }, t("handover.digest"), " ", copied(kept.digest)), told.anchor ? h("p", { class: "small" }, t("handover.anchor"), " ", copied(told.anchor)) : ""),
    kept !== null && h("p", { class: "print-only signature" }, t("handover.signature")),
  ];
}

function partOf(part: (typeof PARTS)[number], rows: SheetRow[]): Child {
  const last = (row: SheetRow): Child => {
    if (part === "shelved" && row.shelf) return `${utc(row.shelf.until)} ${row.shelf.reason}`;
    if (part === "closed") return row.outcome === null ? "–" : word("outcome", row.outcome);
    return [row.person, row.unit].filter((id) => id !== null).map(fullName).join(", ") || "–";
  };
  const heads = { open: "handover.has", promised: "handover.has", shelved: "handover.until", suppressed: "handover.has", closed: "handover.outcome" } as const;
  const made = table(
    [t("handover.priority"), t("handover.craft"), t("handover.what"), t("handover.lead"), t(heads[part])],
    rows.map((row): Child[] => [
      row.priority_band === undefined ? "–" : `${word("band", row.priority_band)} ${row.priority ?? ""}`,
      h("a", { href: alertAddress(row.alert_id) }, craftName(row.craft)),
      h("span", {}, h("b", {}, word("kind", row.kind)), row.explanation ? ` ${row.explanation}` : ""),
      row.lead_until ? instant(row.lead_until) : "–",
      last(row),
    ]),
  );
  return card(`${t(`handover.${part}`)} (${rows.length})`, made ?? h("p", { class: "quiet" }, t("thing.nothing")));
}
