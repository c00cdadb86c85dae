// One row of the list as an element: priority as shape, word and colour; craft, flag, what happened; place, cargo, what moved; lead time, owner, clocks.
import { ownerOf, nameOf } from "./desk";
import { h, replace, s } from "./dom";
import { isFinished, type Shown } from "./rows";
import { t, word } from "./texts";
import { msUntil, span, utc } from "./time";
import { craftName, flagOf, movedWords, placeOf, whatHappened } from "./wording";
import type { Row } from "./shapes";

/** A shape for each priority, told apart without colour. */
export function priorityShape(band: string): SVGElement {
  const shapes: Record<string, SVGElement> = {
    critical: s("path", { d: "M6 1h6l5 5v6l-5 5H6l-5-5V6z" }),
    high: s("path", { d: "M9 1l8.5 16h-17z" }),
    medium: s("rect", { x: 2, y: 2, width: 14, height: 14 }),
    low: s("circle", { cx: 9, cy: 9, r: 6.5, class: "hollow" }),
  };
  const mark = band === "critical" ? s("path", { d: "M9 4.5v5.6M9 12.4v1.6", class: "mark" }) : null;
  return s("svg", { viewBox: "0 0 18 18", class: `shape ${band}`, "aria-hidden": "true" }, shapes[band] ?? shapes["low"], mark);
}

/** What its clock says: time left to acknowledge or to respond, or how late it is. */
export function clockOf(row: Row): { words: string; isLate: boolean } {
  if (row.state === "shelved" && row.shelf !== null) return { words: t("row.until", { at: utc(row.shelf.until) }), isLate: false };
  const due = row.acknowledge_due ?? row.respond_due;
  const left = msUntil(due);
  if (left === null) return { words: "", isLate: false };
  const name = row.acknowledge_due !== null ? "ack" : "respond";
  if (left < 0) return { words: t(name === "ack" ? "row.ack_late" : "row.respond_late", { span: span(left) }), isLate: true };
  return { words: t(name === "ack" ? "row.ack_in" : "row.respond_in", { span: span(left) }), isLate: false };
}

export function leadOf(row: Row): string {
  const left = msUntil(row.lead_until);
  if (left === null) return "";
  return left < 0 ? t("row.lead_over") : t("row.lead", { span: span(left) });
}

function stateWords(row: Row): string {
  if (isFinished(row)) return row.outcome === null ? word("state", row.state) : word("outcome", row.outcome);
  return row.state === "annunciated" ? "" : word("state", row.state);
}

/** Fill a row's element; its words, read in their order, are its name. */
export function fillRow(element: HTMLElement, shown: Shown, isChosen: boolean, isMarked: boolean): void {
  const { row } = shown;
  const clock = clockOf(row);
  const lead = leadOf(row);
  const what = whatHappened(row);
  const owner = ownerOf(row);
  const state = stateWords(row);
  const moved = shown.moved.map((one) => movedWords(one, nameOf)).join(", ");
  const isCalling = row.state === "annunciated" || row.state === "returned";
  element.className = ["row", row.priority_band, isCalling ? "calling" : "", row.is_struck_through ? "struck" : "", isFinished(row) ? "gone" : "", row.state].join(" ");
  element.setAttribute("aria-selected", String(isChosen));
  element.classList.toggle("marked", isMarked);
  replace(
    element,
    h("span", { class: "tick", "data-act": "mark", "aria-hidden": "true" }, isMarked ? "✓" : ""),
    h("span", { class: "band" }, priorityShape(row.priority_band), h("span", {}, word("band", row.priority_band)), h("b", {}, row.priority)),
    h(
      "span",
      { class: "what" },
      h("span", { class: "first" }, h("b", { class: "craft" }, craftName(row.craft)), flagOf(row) && h("span", { class: "country" }, flagOf(row)), h("span", { class: "event" }, what)),
      h(
        "span",
        { class: "second" },
        shown.isNew && h("span", { class: "chip new" }, t("row.new")),
        moved && h("span", { class: "chip moved" }, moved),
        row.is_struck_through && h("span", { class: "chip" }, word("life", row.life)),
        ...row.flags.slice(0, 2).map((flag) => h("span", { class: "chip flagged" }, `⚑ ${flag}`)),
        row.flags.length > 2 && h("span", { class: "chip flagged" }, `+${row.flags.length - 2}`),
        owner && h("span", { class: "chip" }, owner),
        state && h("span", { class: "chip" }, state),
        h("span", { class: "place" }, placeOf(row)),
      ),
    ),
    h("span", { class: "due" }, h("span", { class: "first" }, lead), h("span", { class: clock.isLate ? "second late" : "second" }, clock.words)),
  );
}
