// The audit for whoever audits: what was done, by filters and pages; whether the chain holds, in words; the chain as a file.
import { Away, get, Refused } from "../api";
import { h, replace, type Child } from "../dom";
import { instant, table } from "../dossier";
import { go, type Place } from "../route";
import { may } from "../session";
import { t } from "../texts";
import { utc } from "../time";
import { card, copied, download, labelled, Reading, sentenceOf, type PageContent } from "./parts";

interface Entry {
  sequence: number;
  at: string;
  act: string;
  actor: string;
  objects: string[];
  is_refused: boolean;
  terms?: Record<string, unknown>;
}

interface Finding {
  holds: boolean;
  entries: number;
  last: string | null;
  anchors_given: number;
  anchors_held: number;
  problems: { sequence: number | null; sentence: string }[];
  problems_untold: number;
  sentence: string;
}

const FIELDS = ["actor", "act", "object", "since", "until", "is_refused"] as const;
const PAGE = 100;

export class AuditPage implements PageContent {
  readonly element: HTMLElement;
  private readonly acts = h("datalist", { id: "audit-acts" });
  private readonly actors = h("datalist", { id: "audit-actors" });
  private readonly fields: Record<(typeof FIELDS)[number], HTMLInputElement | HTMLSelectElement> = {
    actor: h("input", { name: "actor", list: "audit-actors", maxlength: 200, placeholder: "person:ID", autocomplete: "off" }),
    act: h("input", { name: "act", list: "audit-acts", maxlength: 60, placeholder: "alert.acted", autocomplete: "off" }),
    object: h("input", { name: "object", maxlength: 250, placeholder: "alert:ID", autocomplete: "off" }),
    since: h("input", { name: "since", type: "datetime-local" }),
    until: h("input", { name: "until", type: "datetime-local" }),
    is_refused: h("select", { name: "is_refused" }, h("option", { value: "" }, t("audit.any")), h("option", { value: "true" }, t("audit.refused")), h("option", { value: "false" }, t("audit.allowed"))),
  };
  private readonly log = h("div");
  private readonly verdict = h("div", { role: "status" });
  private readonly anchors = h("textarea", { rows: 2, placeholder: "5120:9f2c…", spellcheck: "false" });
  private readonly reading = new Reading(this.log);
  private readonly names = new Map<string, string>();
  private areNamesRead = false;

  constructor() {
    const form = h("form", { class: "audit-filter", role: "search", "aria-label": t("audit.filter") }, ...FIELDS.map((name) => labelled(t(`audit.${name}`), this.fields[name])), h("div", { class: "tools" }, h("button", { type: "submit", class: "main" }, t("audit.look")), h("button", { type: "button", onclick: () => go({ view: "audit", own: new URLSearchParams() }) }, t("audit.clear"))), this.acts, this.actors);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const own = new URLSearchParams();
      for (const name of FIELDS) if (this.fields[name].value) own.set(name, this.fields[name].value);
      go({ view: "audit", own });
    });
    const verify = h("form", { class: "verify" }, labelled(t("audit.anchors"), this.anchors), h("div", { class: "tools" }, h("button", { type: "submit" }, t("audit.verify")), may("export_audit") && h("button", { type: "button", onclick: () => void this.export() }, t("audit.export"))), this.verdict);
    verify.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.verify();
    });
    this.element = h("div", { class: "audit" }, card(t("audit.chain"), h("p", { class: "quiet" }, t("audit.chain_means")), verify), card(t("audit.log"), form, this.log));
  }

  show(place: Place): void {
    for (const name of FIELDS) this.fields[name].value = place.own.get(name) ?? "";
    void this.reading.read(async () => {
      await this.readNames();
      const asked = new URLSearchParams({ limit: String(PAGE) });
      for (const name of FIELDS) {
        const value = place.own.get(name);
        if (value) asked.set(name, name === "since" || name === "until" ? `${value}Z` : value);
      }
      const before = place.own.get("before");
      if (before) asked.set("before", before);
      const told = await get<{ entries: Entry[]; next_before: number | null }>(`/audit?${asked.toString()}`);
      this.offer(told.entries);
      return [this.table(told.entries), this.steps(place, told.next_before)];
    });
  }

  private table(entries: Entry[]): Child {
    const rows = entries.map((one): Child[] => [
      one.sequence,
      instant(one.at),
      this.who(one.actor),
      h("span", {}, h("code", {}, one.act), one.is_refused && h("span", { class: "chip bad" }, t("audit.refused"))),
      h("span", { class: "objects" }, ...one.objects.slice(0, 5).map((name) => h("a", { href: `#/audit?${new URLSearchParams({ object: name }).toString()}` }, name)), one.objects.length > 5 && h("span", { class: "quiet" }, ` +${one.objects.length - 5}`)),
      one.terms === undefined || Object.keys(one.terms).length === 0 ? "" : h("code", {}, JSON.stringify(one.terms)),
    ]);
    return table(["#", t("audit.at"), t("audit.actor"), t("audit.act"), t("audit.object"), t("audit.terms")], rows) ?? h("p", { class: "quiet" }, t("audit.none"));
  }

  private who(actor: string): Child {
    const id = actor.replace(/^person:/, "");
    const name = this.names.get(id);
    return h("a", { href: `#/audit?${new URLSearchParams({ actor }).toString()}`, title: actor }, name ?? (actor.length > 28 ? `${actor.slice(0, 27)}…` : actor));
  }

  private steps(place: Place, next: number | null): Child {
    const to = (before: string | null) => {
      const own = new URLSearchParams(place.own);
      if (before === null) own.delete("before");
      else own.set("before", before);
      go({ view: "audit", own });
    };
    return h("p", { class: "tools" }, h("button", { type: "button", disabled: !place.own.has("before"), onclick: () => to(null) }, t("audit.newest")), h("button", { type: "button", disabled: next === null, onclick: () => next !== null && to(String(next)) }, t("audit.older")));
  }

  /** Offer in the filter what has been seen. */
  private offer(entries: Entry[]): void {
    const add = (list: HTMLElement, values: string[]) => {
      const known = new Set([...list.querySelectorAll("option")].map((one) => one.value));
      for (const value of new Set(values)) if (!known.has(value)) list.append(h("option", { value }, this.names.get(value.replace(/^person:/, "")) ?? ""));
    };
    add(this.acts, entries.map((one) => one.act));
    add(this.actors, entries.map((one) => one.actor));
  }

  private async readNames(): Promise<void> {
    if (this.areNamesRead || !may("see_persons")) return;
    this.areNamesRead = true;
    const told = await get<{ persons: { person_id: string; name: string }[] }>("/persons?limit=100").catch(() => ({ persons: [] }));
    for (const one of told.persons) this.names.set(one.person_id, one.name);
  }

  private async verify(): Promise<void> {
    replace(this.verdict, h("p", { class: "quiet" }, t("audit.verifying")));
    const given = this.anchors.value.split(/\s+/).filter(Boolean).map((one) => `anchor=${encodeURIComponent(one)}`);
    try {
      const found = await get<Finding>(`/audit/verify${given.length > 0 ? `?${given.join("&")}` : ""}`);
      const problems = found.problems.map((one): Child[] => [one.sequence ?? "–", one.sentence]);
      replace(
        this.verdict,
        h("p", { class: found.holds ? "holds" : "wrong" }, h("strong", {}, t(found.holds ? "audit.holds" : "audit.broken"))),
        h("p", {}, found.sentence),
        h("p", { class: "quiet" }, t("audit.checked", { entries: found.entries, held: found.anchors_held, given: found.anchors_given })),
        found.last !== null && h("p", { class: "small" }, t("audit.head"), " ", copied(found.last)),
        table(["#", t("audit.problem")], problems),
        found.problems_untold > 0 && h("p", { class: "wrong" }, t("audit.more_problems", { n: found.problems_untold })),
      );
    } catch (error) {
      replace(this.verdict, h("p", { class: "wrong" }, sentenceOf(error)));
    }
  }

  private async export(): Promise<void> {
    replace(this.verdict, h("p", { class: "quiet" }, t("audit.exporting")));
    try {
      const response = await fetch("/api/v1/audit/export", { cache: "no-store", credentials: "same-origin" }).catch(() => {
        throw new Away();
      });
      if (!response.ok) throw new Refused(response.status, String(((await response.json()) as { detail?: string }).detail ?? response.statusText), {});
      const head = response.headers.get("Tidewaiter-Audit-Head") ?? "";
      download(`audit-${utc(new Date().toISOString()).replace(/[^\w]+/g, "-")}.jsonl`, await response.blob());
      replace(this.verdict, h("p", {}, t("audit.exported")), head && h("p", { class: "small" }, t("audit.head"), " ", copied(head)));
    } catch (error) {
      replace(this.verdict, h("p", { class: "wrong" }, sentenceOf(error)));
    }
  }
}
