// Papers of an alert: consignments aboard, flagged ones first, and those that may be aboard, each with its parties, goods, containers and flags.
import { h, type Child } from "./dom";
import { number, t, word } from "./texts";
import { utc } from "./time";
import type { Consignment, Facts, Party } from "./shapes";

const MOST = 50;

function party(role: string, told: Party | undefined): Child {
  if (!told?.name) return null;
  return h("div", {}, h("span", { class: "quiet" }, `${role} `), [told.name, told.country ? `(${told.country})` : "", told.id ?? ""].filter(Boolean).join(" "));
}

function goods(told: Consignment): Child {
  const lines = (told.goods ?? []).slice(0, 5).map((one) => {
    const amount = [one.packages === undefined ? "" : t("papers.packages", { n: number(one.packages) }), one.gross_mass_kg === undefined ? "" : `${number(one.gross_mass_kg)} kg`].filter(Boolean).join(", ");
    return h("div", {}, [one.hs_code ? `HS ${one.hs_code}` : "", one.description ?? "", amount && `(${amount})`].filter(Boolean).join(" "));
  });
  return h("div", {}, ...lines);
}

function one(told: Consignment): HTMLElement {
  const flags = (told.flags ?? []).map((flag) =>
    h("div", { class: "flag" }, h("span", { class: "chip flagged" }, `⚑ ${flag.flag}`), ` ${[flag.reason, flag.severity === undefined ? "" : t("papers.severity", { n: number(flag.severity, 2) }), flag.by && t("papers.by", { by: flag.by })].filter(Boolean).join("; ")}`),
  );
  const boxes = (told.equipment ?? []).map((box) => [box.equipment_id, ...(box.seals ?? [])].filter(Boolean).join(" "));
  const way = [told.loading_name || told.loading, told.discharge_name || told.discharge].filter(Boolean).join(" → ");
  return h(
    "li",
    { class: flags.length > 0 ? "consignment watched" : "consignment" },
    h("div", { class: "head" }, h("b", {}, `${word("document", told.document_type ?? "")} ${told.document_number ?? told.consignment_id}`), h("span", { class: "quiet" }, [way, told.expected_arrival ? t("papers.expected", { at: utc(told.expected_arrival) }) : ""].filter(Boolean).join(", "))),
    ...flags,
    goods(told),
    party(t("papers.consignor"), told.consignor),
    party(t("papers.consignee"), told.consignee),
    party(t("papers.notify"), told.notify),
    boxes.length > 0 && h("div", {}, h("span", { class: "quiet" }, `${t("papers.boxes")} `), boxes.slice(0, 8).join(", "), boxes.length > 8 && ` +${boxes.length - 8}`),
    told.link?.reason && h("div", { class: "quiet" }, told.link.reason),
  );
}

export function papersOf(facts: Facts): Child {
  if (facts.consignments.length + facts.possible_consignments.length === 0) return h("p", { class: "quiet" }, t("papers.none"));
  const aboard = facts.consignments.slice(0, MOST).map(one);
  const possible = facts.possible_consignments.slice(0, MOST).map(one);
  return h(
    "div",
    {},
    h("p", {}, t("papers.aboard", { n: facts.consignments_aboard })),
    h("ul", { class: "papers" }, ...aboard),
    possible.length > 0 && h("p", {}, t("papers.possible", { n: facts.possible_consignments.length })),
    possible.length > 0 && h("ul", { class: "papers" }, ...possible),
  );
}
