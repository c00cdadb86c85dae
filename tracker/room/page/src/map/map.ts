// The map: base by OpenLayers, craft and alerts on a canvas over it. It shows the very alerts that the list shows; what is chosen here is chosen there.
import type OlMap from "ol/Map";
import { fromLonLat, toLonLat } from "ol/proj";
import { h, replace } from "../dom";
import { go, type Place } from "../route";
import { number, t } from "../texts";
import { span } from "../time";
import { craftKind, craftName } from "../wording";
import type { Row } from "../shapes";
import { makeMap } from "./base";
import { drawAlerts, drawCraft, onCanvas, type Frame } from "./draw";
import { BEHIND_S, Fleet, planeOf } from "./fleet";
import { fillList } from "./in_view";

const STALE_MS = 10_000;
const REST_MS = 30 * 60_000;
const NEAR_PX = 14;
const LIST_MS = 2000;

export interface MapActs {
  open: (id: string) => void;
  /** The rows the list shows now, in its order. */
  shown: () => Row[];
}

export class MapView {
  private readonly fleet = new Fleet(() => this.ask());
  private readonly canvas = h("canvas", { class: "craft", "aria-hidden": "true" });
  private readonly target = h("div", { class: "base", tabindex: 0, role: "application", "aria-label": t("map.keys") });
  private readonly told = h("div", { class: "map-told", role: "status" });
  private readonly tip = h("div", { class: "tip", hidden: true });
  private readonly list = h("aside", { class: "in-view", "aria-label": t("map.in_view"), hidden: true });
  private readonly map: OlMap;
  private chosen: string | null = null;
  private chosenCraft: string | null = null;
  private isAsked = false;
  private listedMs = -Infinity;
  private handMs = performance.now();
  private shownAlert: string | null = null;

  constructor(
    private readonly place: HTMLElement,
    private readonly acts: MapActs,
  ) {
    const toggle = h("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggleList() }, t("map.in_view"), h("kbd", {}, "V"));
    const zoom = (by: number) => () => this.map.getView().animate({ zoom: (this.map.getView().getZoom() ?? 5) + by, duration: 120 });
    const tools = h("div", { class: "map-tools" }, h("button", { type: "button", "aria-label": t("map.nearer"), onclick: zoom(1) }, "+"), h("button", { type: "button", "aria-label": t("map.farther"), onclick: zoom(-1) }, "−"), toggle);
    replace(this.place, h("div", { class: "map-box" }, this.target, this.canvas, this.tip, tools, this.told, this.list));
    this.map = makeMap(this.target, [5, 52], 5);
    this.map.on("postrender", () => this.draw());
    this.map.on("moveend", () => this.moved());
    this.map.on("singleclick", (event) => this.press(event.pixel[0] ?? 0, event.pixel[1] ?? 0));
    this.map.on("pointermove", (event) => this.point(event.pixel[0] ?? 0, event.pixel[1] ?? 0));
    for (const kind of ["pointermove", "keydown", "wheel"]) window.addEventListener(kind, () => (this.handMs = performance.now()), { passive: true });
    window.addEventListener("look", () => this.ask());
    setInterval(() => this.say(), 1000);
    this.fleet.follow(() => this.isLooked);
  }

  /** Whether anybody may be looking: positions are asked for only then. */
  private get isLooked(): boolean {
    return !document.hidden && this.place.offsetParent !== null && performance.now() - this.handMs < REST_MS;
  }

  /** Show the place that an address names, else the alert it names. */
  show(to: Place): void {
    this.map.updateSize();
    const at = /^(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(to.query.get("at") ?? "");
    if (at !== null && this.shownAlert === null) this.map.getView().animate({ center: fromLonLat([Number(at[2]), Number(at[1])]), zoom: Number(at[3]), duration: 0 });
    else if (to.alert !== null && to.alert !== this.shownAlert) this.goTo(to.alert);
    this.shownAlert = to.alert ?? "";
    this.choose(to.alert);
  }

  choose(id: string | null): void {
    this.chosen = id;
    const row = this.acts.shown().find((one) => one.alert_id === id);
    this.chosenCraft = row?.craft ?? null;
    if (id !== null && id !== this.shownAlert && this.place.offsetParent !== null) {
      this.shownAlert = id;
      this.goTo(id);
    }
    this.ask();
  }

  toggleList(): void {
    this.list.hidden = !this.list.hidden;
    this.place.querySelector("[aria-expanded]")?.setAttribute("aria-expanded", String(!this.list.hidden));
    this.map.getView().padding = [0, this.list.hidden ? 0 : this.list.offsetWidth, 0, 0];
    if (this.chosen !== null) this.goTo(this.chosen); // beside the list, not under it
    this.map.render();
    this.listedMs = -Infinity;
    this.ask();
  }

  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  private goTo(id: string): void {
    const row = this.acts.shown().find((one) => one.alert_id === id);
    if (row === undefined || row.lat_deg === null || row.lon_deg === null) return;
    const view = this.map.getView();
    const zoom = Math.max(view.getZoom() ?? 5, 7);
    view.animate({ center: fromLonLat([row.lon_deg, row.lat_deg]), zoom, duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200 });
  }

  private moved(): void {
    const centre = this.map.getView().getCenter();
    if (centre === undefined || this.place.offsetParent === null) return;
    const [lon = 0, lat = 0] = toLonLat(centre);
    const query = new URLSearchParams(location.hash.split("?", 2)[1] ?? "");
    query.set("at", `${lat.toFixed(3)},${lon.toFixed(3)},${(this.map.getView().getZoom() ?? 5).toFixed(1)}`);
    go({ query }, true);
    this.listedMs = -Infinity;
    this.ask();
  }

  private frame(): Frame | null {
    const size = this.map.getSize();
    const view = this.map.getView();
    const corner = this.map.getCoordinateFromPixel([0, 0]) as [number, number] | null; // the list at its side moves the middle of the view
    const metresPx = view.getResolution();
    if (size === undefined || corner === null || metresPx === undefined) return null;
    const [width = 0, height = 0] = size;
    return { width, height, metresPx, left: corner[0], top: corner[1] };
  }

  private draw(): void {
    const frame = this.frame();
    const pen = this.canvas.getContext("2d");
    if (frame === null || pen === null || this.place.offsetParent === null) return;
    const dots = devicePixelRatio;
    if (this.canvas.width !== Math.round(frame.width * dots) || this.canvas.height !== Math.round(frame.height * dots)) {
      this.canvas.width = Math.round(frame.width * dots);
      this.canvas.height = Math.round(frame.height * dots);
    }
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, frame.width, frame.height);
    const rows = this.acts.shown();
    const byCraft = new Map<string, Row>();
    for (const row of [...rows].reverse()) byCraft.set(row.craft, row);
    const nowS = this.fleet.nowS;
    drawCraft(pen, frame, this.fleet, nowS, byCraft, this.chosenCraft);
    drawAlerts(pen, frame, rows, this.fleet, this.chosen);
    this.place.dataset["craft"] = String(this.fleet.count);
    if (!this.list.hidden && performance.now() - this.listedMs > LIST_MS && !this.list.contains(document.activeElement)) {
      this.listedMs = performance.now();
      fillList(this.list, this.fleet, { ...frame, width: Math.max(frame.width - this.list.offsetWidth, 1) }, rows, nowS, { alert: (id) => this.acts.open(id), craft: (craft) => this.pressCraft(craft) });
    }
  }

  /** Says in words how old the map is. */
  private say(): void {
    const age = performance.now() - this.fleet.heardMs;
    const isStale = age > STALE_MS;
    this.place.classList.toggle("old", isStale);
    const words = this.fleet.heardMs === -Infinity ? t("map.reading") : isStale ? t("map.stale", { span: span(age) }) : this.fleet.behindS > BEHIND_S && this.fleet.count > 0 ? t("map.behind", { n: number(this.fleet.count), span: span(this.fleet.behindS * 1000) }) : t("map.craft", { n: number(this.fleet.count) });
    if (this.told.textContent !== words) replace(this.told, words);
    if (!isStale) this.ask();
  }

  private nearest(x: number, y: number): { row: Row | null; craft: string | null } {
    const frame = this.frame();
    if (frame === null) return { row: null, craft: null };
    let best = NEAR_PX;
    let row: Row | null = null;
    for (const one of this.acts.shown()) {
      if (one.lat_deg === null || one.lon_deg === null) continue;
      const [px, py] = onCanvas(frame, ...planeOf(one.lon_deg, one.lat_deg));
      const away = Math.hypot(px - x, py - y);
      if (away < best) [best, row] = [away, one];
    }
    if (row !== null) return { row, craft: row.craft };
    let craft: string | null = null;
    for (let k = 0; k < this.fleet.count; k += 1) {
      const [px, py] = onCanvas(frame, this.fleet.x[k] as number, this.fleet.y[k] as number);
      const away = Math.hypot(px - x, py - y);
      if (away < best) [best, craft] = [away, this.fleet.craft[k] as string];
    }
    return { row: null, craft };
  }

  private press(x: number, y: number): void {
    const found = this.nearest(x, y);
    if (found.row !== null) this.acts.open(found.row.alert_id);
    else if (found.craft !== null) this.pressCraft(found.craft);
  }

  /** A craft was pressed: its alert is opened where the list has one. */
  private pressCraft(craft: string): void {
    const row = this.acts.shown().find((one) => one.craft === craft || one.other_craft === craft);
    if (row !== undefined) this.acts.open(row.alert_id);
    this.chosenCraft = craft;
    this.ask();
  }

  private point(x: number, y: number): void {
    const found = this.nearest(x, y);
    this.tip.hidden = found.craft === null;
    if (found.craft === null) return;
    const k = this.fleet.placeOf(found.craft);
    const words = [`${craftName(found.craft)} ${craftKind(found.craft)}`];
    if (k !== null) {
      if (!Number.isNaN(this.fleet.speed[k])) words.push(`${number(this.fleet.speed[k] as number, 1)} kn`);
      if (!Number.isNaN(this.fleet.altitude[k])) words.push(`${number(this.fleet.altitude[k] as number)} ft`);
      words.push(t("map.heard", { span: span(this.fleet.ageS(k) * 1000) }));
    }
    replace(this.tip, words.join(", "));
    this.tip.style.transform = `translate(${Math.min(x + 14, this.target.clientWidth - 220)}px, ${Math.max(y - 30, 4)}px)`;
  }
}
