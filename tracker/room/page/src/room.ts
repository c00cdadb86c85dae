// The working page: list on the left; dossier and map on the right, both where there is room for both. What the stream tells goes to the rows, the rows to the views.
import { Acts, type Body } from "./acts";
import { DossierView } from "./dossier";
import { h, replace } from "./dom";
import { askAssign, askClose, askNote, askReopen, askShelve } from "./forms";
import { isFiltered, queryOf } from "./filter";
import { Head } from "./head";
import { bind, keyOf, listen, showKeys, type Key } from "./keys";
import { readFinished, readOpen } from "./load";
import { nextBrightness } from "./look";
import { noticesPlace, takeBack } from "./notices";
import { Queue } from "./queue";
import { isOverList, keysOfPages, markNav, pagesNav } from "./pages/table";
import { go, here, isPage, onMoved } from "./route";
import { Rows } from "./rows";
import { may, me, onRenewed } from "./session";
import { call } from "./sound";
import { Stream, type Told } from "./stream";
import { t, type TextName } from "./texts";
import type { MapView } from "./map/map";
import type { Pages } from "./pages/pages";
import type { EngineTold } from "./shapes";

const FIRST_WORD_MS = 1500;
/** What is done to no chosen alert: its keys work on pages that hide the list, too. */
const ALWAYS: TextName[] = ["act.silence", "act.undo", "key.map"];

export class Room {
  readonly element: HTMLElement;
  private readonly rows = new Rows();
  private readonly acts: Acts;
  private readonly queue: Queue;
  private readonly dossier = new DossierView((id, etag) => this.isRead(id, etag));
  private readonly head: Head;
  private readonly stream = new Stream((told) => this.take(told));
  private readonly buttons = h("div", { class: "acts", role: "toolbar", "aria-label": t("act.title") });
  private readonly mapPlace = h("section", { class: "map", "aria-label": t("map.title") });
  private readonly pagePlace = h("div", { class: "page-place" });
  private map: MapView | null = null;
  private pages: Pages | null = null;
  private engines: EngineTold[] = [];
  private firstWord: () => void = () => undefined;

  constructor() {
    this.head = new Head(this.stream);
    this.acts = new Acts(this.rows, () => this.redraw());
    this.bindKeys();
    this.queue = new Queue(this.rows, { open: (id) => this.open(id), choose: (id) => this.chosen(id), settle: () => void this.settle() }, this.buttons);
    const side = h("div", { class: "side" }, this.dossier.element, this.mapPlace);
    const views = h("div", { class: "views" }, h("nav", { class: "views-of", "aria-label": t("views.title") }, this.viewLink("alerts", "views.dossier"), this.viewLink("map", "views.map")), pagesNav("narrow"));
    this.element = h("div", { class: "room" }, this.head.element, this.head.banners, h("main", {}, this.queue.element, views, side, this.pagePlace), noticesPlace());
    onMoved(() => this.moved());
    onRenewed(() => void this.read());
    listen();
  }

  /** Follow, read the list, show what the address says. */
  async begin(): Promise<void> {
    const spoken = new Promise<void>((heard) => {
      this.firstWord = heard;
    });
    this.stream.start();
    this.drawButtons();
    await Promise.race([spoken, new Promise((late) => setTimeout(late, FIRST_WORD_MS))]);
    await Promise.all([this.read(), this.head.readLoad(true)]);
    this.moved();
    this.queue.focus();
    document.documentElement.dataset["ready"] = "yes";
  }

  private async read(): Promise<void> {
    if (this.queue.filter.state === "finished") {
      this.rows.place(await readFinished());
    } else this.rows.place(await readOpen());
    this.redraw();
  }

  private async settle(): Promise<void> {
    this.rows.settle();
    this.redraw();
    await this.read().catch(() => undefined); // the room is away: what is known stays
  }

  // -- what the stream tells ----------------------------------------------------------------------------------------------------

  private take(told: Told): void {
    if (told.kind === "line") {
      this.head.draw();
      return;
    }
    this.firstWord();
    if (told.kind === "reset") void this.read().catch(() => undefined);
    if (told.kind === "alert" && told.alert !== undefined && this.queue.filter.state !== "finished") {
      this.rows.take(told.alert, this.queue.mayPlace);
      if (told.cause === "facts") void this.head.readLoad();
      if (told.alert.alert_id === this.dossier.id) void this.dossier.show(told.alert.alert_id, told.alert.etag);
    }
    this.engines = told.engines ?? this.engines;
    this.head.takeEngines(told.engines);
    this.sound();
    this.redraw();
  }

  /** What calls is heard; in a flood only what is critical. */
  private sound(): void {
    const now = Date.now();
    const calling = [...this.rows.all.values()].filter(({ row }) => row.is_sounding && !(row.silenced_until !== null && Date.parse(row.silenced_until) > now));
    const isCritical = calling.some(({ row }) => row.priority_band === "critical");
    if (isCritical || (calling.length > 0 && !this.head.isFlood)) call(isCritical);
  }

  // -- where one is -------------------------------------------------------------------------------------------------------------

  private viewLink(view: "alerts" | "map", text: TextName): HTMLElement {
    return h("button", { type: "button", "data-view": view, onclick: () => go({ view }) }, t(text), h("kbd", {}, view === "map" ? "M" : "Enter"));
  }

  private wasFinished = false;

  private moved(): void {
    const place = here();
    this.element.dataset["view"] = place.view;
    this.element.dataset["over"] = isOverList(place.view) ? "list" : isPage(place.view) ? "side" : "";
    markNav(this.element, place.view);
    if (isPage(place.view)) void this.showPage();
    else this.pages?.leave();
    for (const link of this.element.querySelectorAll<HTMLElement>(".views button")) link.setAttribute("aria-pressed", String(link.dataset["view"] === place.view));
    this.queue.showFilter();
    const isOfFinished = this.queue.filter.state === "finished";
    if (isOfFinished !== this.wasFinished) {
      this.wasFinished = isOfFinished;
      void this.read().catch(() => undefined);
    }
    if (place.alert !== this.queue.chosen) this.queue.choose(place.alert);
    if (isPage(place.view)) return this.redraw();
    if (place.alert === null) this.dossier.clear();
    else if (place.view === "alerts" || this.isWide) void this.dossier.show(place.alert, this.rows.all.get(place.alert)?.row.etag ?? null);
    if (place.view === "map" || this.isWide) void this.showMap();
    this.redraw();
  }

  /** Whether dossier and map stand beside each other. */
  private get isWide(): boolean {
    return matchMedia("(min-width: 2000px)").matches;
  }

  private async showPage(): Promise<void> {
    const { Pages } = await import("./pages/pages");
    if (this.pages === null) {
      this.pages = new Pages({ stream: this.stream, engines: () => this.engines, rows: () => [...this.rows.all.values()].map(({ row }) => row) });
      this.pagePlace.append(this.pages.element);
    }
    const place = here();
    if (isPage(place.view)) this.pages.show(place);
  }

  /** Acts are for alerts that are seen: none is done while a page hides the list. */
  private get isListSeen(): boolean {
    return !isOverList(here().view);
  }

  private async showMap(): Promise<void> {
    const { MapView } = await import("./map/map");
    this.map ??= new MapView(this.mapPlace, { open: (id) => this.open(id), shown: () => this.queue.rowsShown });
    this.map.show(here());
  }

  private chosen(id: string | null): void {
    if (id !== null && here().alert !== id) go({ alert: id }, true);
    this.map?.choose(id);
    this.drawButtons();
  }

  private open(id: string): void {
    this.queue.choose(id, false);
    go({ view: this.map !== null && here().view === "map" && !this.isWide ? "map" : "alerts", alert: id });
  }

  private isRead(id: string, etag: string): void {
    this.rows.seen(id, etag);
    this.redraw();
  }

  private redraw(): void {
    this.queue.ask();
    this.map?.ask();
    this.drawButtons();
  }

  // -- acts and keys ------------------------------------------------------------------------------------------------------------

  private async act(make: () => Promise<Body | null> | Body): Promise<void> {
    const ids = this.queue.meant;
    if (ids.length === 0 || !may("act_on_alerts")) return;
    this.queue.touch();
    const body = await make();
    if (body === null) return;
    await this.acts.act(ids, body);
    if (ids.length > 1) this.queue.unmark();
    const open = this.dossier.id;
    if (open !== null && ids.includes(open)) void this.dossier.show(open, null);
    this.queue.focus();
  }

  private silence(): void {
    const ids = [...this.rows.all.values()].filter(({ row }) => row.is_sounding).map(({ row }) => row.alert_id);
    if (ids.length > 0 && may("act_on_alerts")) void this.acts.act(ids, { act: "silence" });
  }

  private back(): void {
    if (document.activeElement instanceof HTMLElement && document.activeElement.closest(".filters")) this.queue.focus();
    else if (isPage(here().view)) {
      go({ view: "alerts" });
      this.queue.focus();
    } else if (this.queue.unmark()) return;
    else if (here().view === "map") go({ view: "alerts" });
    else if (here().alert !== null) {
      go({ alert: null });
      this.queue.focus();
    } else if (isFiltered(this.queue.filter)) go({ query: queryOf({ state: "work", band: "", kind: "", owner: "", text: "" }) });
  }

  private async shelve(): Promise<Body | null> {
    const said = await askShelve();
    return said === null ? null : { act: "shelve", ...said };
  }

  private async assign(): Promise<Body | null> {
    const said = await askAssign();
    return said === null ? null : { act: "assign", ...said };
  }

  private async note(): Promise<Body | null> {
    const said = await askNote();
    return said === null ? null : { act: "note", text: said["text"] ?? "" };
  }

  private async close(): Promise<Body | null> {
    const said = await askClose();
    return said === null ? null : { act: "close", ...said };
  }

  private async reopen(): Promise<Body | null> {
    const said = await askReopen();
    return said === null ? null : { act: "reopen", reason: said["reason"] ?? "" };
  }

  private readonly doers: { text: TextName; do: () => void; right?: string }[] = [
    { text: "act.acknowledge", do: () => void this.act(() => ({ act: "acknowledge" })) },
    { text: "act.silence", do: () => this.silence() },
    { text: "act.shelve", do: () => void this.act(() => this.shelve()) },
    { text: "act.take", do: () => void this.act(() => ({ act: "assign", person: me().person_id, unit: null })) },
    { text: "act.assign", do: () => void this.act(() => this.assign()) },
    { text: "act.note", do: () => void this.act(() => this.note()) },
    { text: "act.close", do: () => void this.act(() => this.close()), right: "give_verdicts" },
    { text: "act.unshelve", do: () => void this.act(() => ({ act: "unshelve" })) },
    { text: "act.reopen", do: () => void this.act(() => this.reopen()) },
  ];

  private bindKeys(): void {
    const doer = (text: TextName) => () => this.doers.find((one) => one.text === text)?.do();
    const ofList: Key[] = [
      { key: "j", text: "key.next", act: () => this.queue.step(1) },
      { key: "k", text: "key.previous", act: () => this.queue.step(-1) },
      { key: "ArrowDown", text: "key.next", shown: "↓", act: () => this.queue.step(1) },
      { key: "ArrowUp", text: "key.previous", shown: "↑", act: () => this.queue.step(-1) },
      { key: "Enter", text: "key.open", act: () => this.queue.chosen !== null && (go({ view: "alerts", alert: this.queue.chosen }), this.dossier.element.focus({ preventScroll: true })) },
      { key: "m", text: "key.map", act: () => go({ view: here().view === "map" ? "alerts" : "map" }) },
      { key: "v", text: "map.in_view", act: () => this.map?.toggleList() },
      { key: "a", text: "act.acknowledge", act: doer("act.acknowledge") },
      { key: "s", text: "act.silence", act: doer("act.silence") },
      { key: "z", text: "act.shelve", act: doer("act.shelve") },
      { key: "z", isShift: true, text: "act.unshelve", act: doer("act.unshelve") },
      { key: "t", text: "act.take", act: doer("act.take") },
      { key: "g", text: "act.assign", act: doer("act.assign") },
      { key: "n", text: "act.note", act: doer("act.note") },
      { key: "c", text: "act.close", act: doer("act.close") },
      { key: "o", text: "act.reopen", act: doer("act.reopen") },
      { key: "u", text: "act.undo", act: takeBack },
      { key: "x", text: "act.mark", act: () => this.queue.mark(false) },
      { key: "x", isShift: true, text: "key.range", act: () => this.queue.mark(true) },
      { key: "e", text: "key.alike", act: () => this.queue.markAlike() },
      { key: "w", text: "key.settle", act: () => void this.settle() },
      { key: "f", text: "key.filter", act: () => this.queue.focusFilter("state") },
      { key: "f", isShift: true, text: "key.search", act: () => this.queue.focusFilter("text") },
    ];
    bind([
      ...ofList.map((one) => ({ ...one, isOn: () => this.isListSeen || ALWAYS.includes(one.text) })),
      ...keysOfPages(),
      { key: "b", text: "key.brightness", act: nextBrightness },
      { key: "?", text: "keys.title", act: showKeys },
      { key: "Escape", text: "key.back", shown: "Esc", act: () => this.back() },
    ]);
  }

  private drawButtons(): void {
    const isChosen = this.queue.meant.length > 0;
    const row = this.queue.chosen === null ? undefined : this.rows.all.get(this.queue.chosen)?.row;
    const isMeant: Partial<Record<TextName, boolean>> = { "act.unshelve": row?.state === "shelved", "act.reopen": row?.state === "closed", "act.shelve": row?.state !== "shelved", "act.close": row?.state !== "closed", "act.silence": true };
    const shown = this.doers.filter((one) => isMeant[one.text] !== false && (one.right === undefined || may(one.right)));
    const made = may("act_on_alerts") ? shown.map((one) => h("button", { type: "button", disabled: !isChosen && one.text !== "act.silence", onclick: one.do }, t(one.text), h("kbd", {}, keyOf(one.text)))) : [];
    const keys = h("button", { type: "button", class: "quiet", onclick: showKeys }, t("keys.title"), h("kbd", {}, "?"));
    const words = [...made, keys].map((one) => `${one.textContent}${one.hasAttribute("disabled")}`).join();
    if (words === this.buttonsWords) return;
    this.buttonsWords = words;
    replace(this.buttons, ...made, keys);
  }

  private buttonsWords = "";
}
