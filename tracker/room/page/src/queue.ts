// The list of alerts on the screen. Only rows in view are elements; the chosen one always is. New rows wait in a bar unless the list rests at its top and no
// hand has moved for a while; what is chosen, marked and shown is kept by id, never by place.
import { h, replace } from "./dom";
import { filterOf, isFiltered, queryOf, STATES, takes, type Filter } from "./filter";
import { keyOf } from "./keys";
import { go, here } from "./route";
import { fillRow } from "./row_view";
import type { Rows } from "./rows";
import type { Row } from "./shapes";
import { number, t, word, type TextName } from "./texts";

/** As in the style sheet. */
export const ROW_PX = matchMedia("(min-width: 3000px)").matches ? 86 : 54;
const BEYOND = 4;
const REST_MS = 20_000;

export interface QueueActs {
  open: (id: string) => void;
  choose: (id: string | null) => void;
  settle: () => void;
}

export class Queue {
  readonly element: HTMLElement;
  chosen: string | null = null;
  readonly marked = new Set<string>();
  private shown: string[] = [];
  private markedFrom: string | null = null;
  private readonly list = h("div", { class: "rows", role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": t("queue.title"), id: "rows" });
  private readonly space = h("div", { class: "space", role: "presentation" });
  private readonly bar = h("button", { type: "button", class: "waiting", hidden: true, onclick: () => this.acts.settle() });
  private readonly counts = h("p", { class: "counts", role: "status" });
  private readonly filters = h("div", { class: "filters", role: "search" });
  private readonly elements = new Map<string, HTMLElement>();
  private handMs = -Infinity;
  private isAsked = false;

  constructor(
    private readonly rows: Rows,
    private readonly acts: QueueActs,
    private readonly buttons: HTMLElement,
  ) {
    this.list.append(this.space);
    this.element = h("section", { class: "queue", "aria-label": t("queue.title") }, this.filters, this.bar, this.list, this.buttons, this.counts);
    this.list.addEventListener("scroll", () => this.ask(), { passive: true });
    this.list.addEventListener("pointermove", () => this.touch(), { passive: true });
    this.list.addEventListener("wheel", () => this.touch(), { passive: true });
    this.list.addEventListener("pointerdown", (event) => this.press(event));
    this.list.addEventListener("dblclick", () => this.chosen !== null && this.acts.open(this.chosen));
    new ResizeObserver(() => this.ask()).observe(this.list);
    this.buildFilters();
  }

  /** A hand is at the list: nothing moves for a while. */
  touch(): void {
    this.handMs = performance.now();
  }

  /** Whether a new row may go to its place at once: the list is at its top, and nobody aims at anything. */
  get mayPlace(): boolean {
    return this.list.scrollTop < ROW_PX / 2 && this.marked.size === 0 && performance.now() - this.handMs > REST_MS && document.querySelector("dialog[open]") === null;
  }

  get filter(): Filter {
    return filterOf(here().query);
  }

  setFilter(changes: Partial<Filter>): void {
    const query = queryOf({ ...this.filter, ...changes });
    const at = here().query.get("at"); // where the map is
    if (at !== null) query.set("at", at);
    go({ query }, true);
  }

  /** The rows that are shown, in their order. */
  get rowsShown(): Row[] {
    return this.shown.map((id) => this.rows.all.get(id)?.row).filter((row) => row !== undefined);
  }

  /** Ids an act is meant for: those marked, else the chosen one. */
  get meant(): string[] {
    if (this.marked.size > 0) return this.shown.filter((id) => this.marked.has(id));
    return this.chosen === null ? [] : [this.chosen];
  }

  choose(id: string | null, isShown = true): void {
    this.chosen = id;
    if (id !== null && isShown) this.reveal(id);
    this.acts.choose(id);
    this.ask();
  }

  step(by: number): void {
    this.touch();
    const at = this.chosen === null ? -1 : this.shown.indexOf(this.chosen);
    const next = this.shown[Math.min(Math.max(at + by, 0), this.shown.length - 1)];
    if (next !== undefined) this.choose(next);
    this.list.focus({ preventScroll: true });
  }

  mark(isRange: boolean): void {
    this.touch();
    const id = this.chosen;
    if (id === null) return;
    if (isRange && this.markedFrom !== null) {
      const [a, b] = [this.shown.indexOf(this.markedFrom), this.shown.indexOf(id)].sort((x, y) => x - y);
      for (const one of this.shown.slice(a, (b ?? 0) + 1)) this.marked.add(one);
    } else if (this.marked.has(id)) this.marked.delete(id);
    else this.marked.add(id);
    this.markedFrom = id;
    this.ask();
  }

  /** Mark all that share kind, area and feed with the chosen one: a flood has a common cause. */
  markAlike(): void {
    const like = this.chosen === null ? undefined : this.rows.all.get(this.chosen)?.row;
    if (like === undefined) return;
    for (const id of this.shown) {
      const row = this.rows.all.get(id)?.row;
      if (row !== undefined && row.kind === like.kind && row.detail === like.detail && row.area === like.area) this.marked.add(id);
    }
    this.ask();
  }

  unmark(): boolean {
    const had = this.marked.size > 0;
    this.marked.clear();
    this.ask();
    return had;
  }

  /** Show the chosen row, scrolling no further than needed. */
  private reveal(id: string): void {
    const at = this.shown.indexOf(id);
    if (at < 0) return;
    const top = at * ROW_PX;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + ROW_PX > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW_PX - this.list.clientHeight;
  }

  private press(event: PointerEvent): void {
    this.touch();
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>(".row")?.dataset["id"];
    if (id === undefined) return;
    this.choose(id, false);
    if (target.closest("[data-act=mark]") || event.ctrlKey || event.metaKey) this.mark(false);
    else if (event.shiftKey) this.mark(true);
    else this.acts.open(id);
  }

  /** Draw soon, once for however much changed. */
  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
    if (document.hidden) setTimeout(() => this.isAsked && ((this.isAsked = false), this.draw()), 50); // frames stand still in the background
  }

  draw(): void {
    const filter = this.filter;
    this.shown = this.rows.order.filter((id) => {
      const row = this.rows.all.get(id)?.row;
      return row !== undefined && takes(filter, row, this.rows.isGone(id));
    });
    for (const id of this.marked) if (!this.rows.all.has(id)) this.marked.delete(id);
    this.space.style.height = `${this.shown.length * ROW_PX}px`;
    const first = Math.max(Math.floor(this.list.scrollTop / ROW_PX) - BEYOND, 0);
    const last = Math.min(Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW_PX) + BEYOND, this.shown.length);
    const inView = new Map<string, number>();
    for (let at = first; at < last; at += 1) inView.set(this.shown[at] ?? "", at);
    const chosenAt = this.chosen === null ? -1 : this.shown.indexOf(this.chosen);
    if (this.chosen !== null && chosenAt >= 0) inView.set(this.chosen, chosenAt);
    for (const [id, element] of this.elements) {
      if (inView.has(id)) continue;
      element.remove();
      this.elements.delete(id);
    }
    for (const [id, at] of inView) this.drawRow(id, at);
    if (chosenAt >= 0) this.list.setAttribute("aria-activedescendant", `row-${this.chosen}`);
    else this.list.removeAttribute("aria-activedescendant");
    this.drawAround(filter);
  }

  private drawRow(id: string, at: number): void {
    const shown = this.rows.all.get(id);
    if (shown === undefined) return;
    let element = this.elements.get(id);
    if (element === undefined) {
      element = h("div", { role: "option", id: `row-${id}`, "data-id": id });
      this.elements.set(id, element);
      this.space.append(element);
    }
    fillRow(element, shown, id === this.chosen, this.marked.has(id));
    element.setAttribute("aria-posinset", String(at + 1));
    element.setAttribute("aria-setsize", String(this.shown.length));
    element.style.transform = `translateY(${at * ROW_PX}px)`;
  }

  private drawAround(filter: Filter): void {
    const waiting = [...this.rows.waiting].map((id) => this.rows.all.get(id)?.row).filter((row) => row !== undefined);
    const gone = this.rows.order.filter((id) => this.rows.isGone(id)).length;
    this.bar.hidden = waiting.length === 0 && (gone === 0 || filter.state === "finished");
    const critical = waiting.filter((row) => row.priority_band === "critical").length;
    const told = waiting.length === 0 ? t("queue.gone", { n: gone }) : critical > 0 ? t("queue.new_critical", { n: waiting.length, critical }) : t("queue.new", { n: waiting.length });
    if (!this.bar.hidden) replace(this.bar, told, h("kbd", {}, keyOf("key.settle")));
    this.bar.classList.toggle("critical", critical > 0);
    const calls = this.shown.filter((id) => ["annunciated", "returned"].includes(this.rows.all.get(id)?.row.state ?? "")).length;
    const words = [t("queue.shown", { n: number(this.shown.length), calls: number(calls) })];
    if (this.marked.size > 0) words.push(t("queue.marked", { n: this.marked.size }));
    replace(this.counts, words.join(" · "));
    this.list.classList.toggle("empty", this.shown.length === 0);
    this.list.dataset["empty"] = t(isFiltered(filter) ? "queue.none_filtered" : "queue.none");
  }

  private buildFilters(): void {
    const choice = (name: keyof Filter, values: [string, string][], label: TextName) => {
      const select = h("select", { "aria-label": t(label), name, onchange: () => this.setFilter({ [name]: select.value }) });
      for (const [value, text] of values) select.append(h("option", { value }, text));
      return select;
    };
    const bands: [string, string][] = [["", t("filter.any_band")], ...["critical", "high", "medium", "low"].map((one): [string, string] => [one, word("band", one)])];
    const kinds = ["dark_period", "encounter", "loitering", "diversion", "off_aerodrome_landing", "circling", "integrity", "zone", "feed_outage"];
    const text = h("input", { type: "search", name: "text", placeholder: t("filter.text"), "aria-label": t("filter.text"), maxlength: 100, oninput: () => this.setFilter({ text: text.value }) });
    replace(
      this.filters,
      choice("state", Object.keys(STATES).map((one) => [one, word("filter_state", one)]), "filter.state"),
      choice("band", bands, "filter.band"),
      choice("kind", [["", t("filter.any_kind")], ...kinds.map((one): [string, string] => [one, word("kind", one)])], "filter.kind"),
      choice("owner", ["", "me", "unit", "nobody"].map((one) => [one, word("filter_owner", one || "any")]), "filter.owner"),
      text,
    );
    this.showFilter();
  }

  /** The fields of the filter as the address has it. */
  showFilter(): void {
    const filter = this.filter;
    for (const field of this.filters.querySelectorAll<HTMLSelectElement | HTMLInputElement>("select, input")) {
      const value = filter[field.name as keyof Filter];
      if (field.value !== value) field.value = value;
      field.classList.toggle("on", value !== "" && value !== "work");
    }
  }

  focusFilter(name: "state" | "text"): void {
    this.filters.querySelector<HTMLElement>(`[name=${name}]`)?.focus();
  }

  focus(): void {
    this.list.focus({ preventScroll: true });
  }
}
