// Craft on a canvas of their own, after IMO SN.1/Circ.243: a triangle whose sharp end is the heading, else the course; a line ahead as long as six minutes of
// the way made; crossed out where it is lost; corners of a square around what is chosen. Aircraft are arrows coloured by height. Alerts stand over all of them.
import { colour } from "./base";
import { GONE_S, LOST_S, planeOf, type Fleet } from "./fleet";
import { stamp, stripOf } from "./sprites";
import type { Row } from "../shapes";

export interface Frame {
  width: number;
  height: number;
  /** Metres of the plane a pixel, and the plane's place of the upper left corner. */
  metresPx: number;
  left: number;
  top: number;
}

const VECTOR_H = 0.1;
/** With more in view symbols cover each other, and are not drawn in time without a graphics processor. */
const MOST_SYMBOLS = 4000;
const MPS_PER_KN = 0.514444;
const WORLD_M = 2 * Math.PI * 6_378_137;
const COLOURS: Record<string, string> = { critical: "red", high: "orange", medium: "yellow", low: "blue" };

/** Where a place of the plane is on the canvas; the nearest of its copies around the world. */
export function onCanvas(frame: Frame, x: number, y: number): [number, number] {
  const width = frame.width * frame.metresPx;
  let east = x - frame.left;
  if (east < -WORLD_M / 2 + width / 2) east += WORLD_M;
  if (east > WORLD_M / 2 + width / 2) east -= WORLD_M;
  return [east / frame.metresPx, (frame.top - y) / frame.metresPx];
}

function heightColour(feet: number): string {
  if (Number.isNaN(feet)) return colour("quiet");
  const hue = feet < 2000 ? 20 + (feet / 2000) * 12 : feet < 11_000 ? 32 + ((feet - 2000) / 9000) * 108 : Math.min(140 + ((feet - 11_000) / 29_000) * 160, 320);
  return `hsl(${10 * Math.round(hue / 10)} 75% ${document.documentElement.dataset["theme"] === "day" ? 32 : 62}%)`;
}

/** Draw all craft in view; those of alerts and the chosen one are drawn larger and last. */
export function drawCraft(pen: CanvasRenderingContext2D, frame: Frame, fleet: Fleet, nowS: number, alerts: ReadonlyMap<string, Row>, chosen: string | null): void {
  const seen: number[] = [];
  for (let k = 0; k < fleet.count; k += 1) {
    if (nowS - (fleet.timeS[k] as number) > GONE_S) continue;
    const [x, y] = onCanvas(frame, fleet.x[k] as number, fleet.y[k] as number);
    if (x >= -20 && y >= -20 && x <= frame.width + 20 && y <= frame.height + 20) seen.push(k, x, y);
  }
  const isCrowded = seen.length > 3 * MOST_SYMBOLS;
  if (isCrowded) drawPoints(pen, fleet, nowS, seen);
  else drawSymbols(pen, frame, fleet, nowS, seen);
  for (const [craft, row] of alerts) {
    const k = fleet.placeOf(craft);
    if (k === null || nowS - (fleet.timeS[k] as number) > GONE_S) continue;
    const [x, y] = onCanvas(frame, fleet.x[k] as number, fleet.y[k] as number);
    pen.strokeStyle = colour(COLOURS[row.priority_band] ?? "blue");
    pen.lineWidth = 2;
    if (isCrowded) {
      pen.strokeRect(x - 4, y - 4, 8, 8);
      continue;
    }
    pen.beginPath();
    pen.arc(x, y, 9, 0, 7);
    pen.stroke();
    if (row.flags.length > 0) {
      pen.fillStyle = colour("orange");
      pen.fill(diamond(x, y - 15, 4));
    }
  }
  const k = chosen === null ? null : fleet.placeOf(chosen);
  if (k !== null) corners(pen, ...onCanvas(frame, fleet.x[k] as number, fleet.y[k] as number), 13);
}

/** Draw the places of alerts, the chosen one with corners; a line leads to where its craft is now. */
export function drawAlerts(pen: CanvasRenderingContext2D, frame: Frame, rows: Row[], fleet: Fleet, chosen: string | null): void {
  for (const row of [...rows].reverse()) {
    if (row.lat_deg === null || row.lon_deg === null) continue;
    const [x, y] = onCanvas(frame, ...planeOf(row.lon_deg, row.lat_deg));
    const k = fleet.placeOf(row.craft);
    if (k !== null && row.alert_id === chosen) {
      pen.strokeStyle = colour("focus");
      pen.lineWidth = 1.5;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(...onCanvas(frame, fleet.x[k] as number, fleet.y[k] as number));
      pen.stroke();
      pen.setLineDash([]);
    }
    if (x < -20 || y < -20 || x > frame.width + 20 || y > frame.height + 20) continue;
    mark(pen, row.priority_band, x, y, row.state === "annunciated" || row.state === "returned");
    if (row.is_struck_through) {
      pen.strokeStyle = colour("text");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(x - 10, y);
      pen.lineTo(x + 10, y);
      pen.stroke();
    }
    if (row.alert_id === chosen) corners(pen, x, y, 14);
  }
}

/** The shape of a priority, as in the list. */
function mark(pen: CanvasRenderingContext2D, band: string, x: number, y: number, isCalling: boolean): void {
  const path = new Path2D();
  if (band === "critical") for (let n = 0; n < 8; n += 1) path.lineTo(x + 8 * Math.cos(((n + 0.5) * Math.PI) / 4), y + 8 * Math.sin(((n + 0.5) * Math.PI) / 4));
  else if (band === "high") for (const [dx, dy] of [[0, -9], [8, 6], [-8, 6]] as const) path.lineTo(x + dx, y + dy);
  else if (band === "medium") path.rect(x - 6, y - 6, 12, 12);
  else path.arc(x, y, 6, 0, 7);
  path.closePath();
  pen.fillStyle = colour(COLOURS[band] ?? "blue");
  pen.strokeStyle = isCalling ? colour("text") : colour("ground");
  pen.lineWidth = isCalling ? 2 : 1;
  pen.globalAlpha = isCalling ? 1 : 0.75;
  pen.fill(path);
  pen.globalAlpha = 1;
  pen.stroke(path);
}

/** Craft as symbols; `seen` has the number of each and where on the canvas it is. */
function drawSymbols(pen: CanvasRenderingContext2D, frame: Frame, fleet: Fleet, nowS: number, seen: number[]): void {
  const isFar = frame.metresPx > 1500;
  const size = isFar ? 3.4 : 6;
  const ways: number[] = [];
  for (let at = 0; at < seen.length; at += 3) {
    const [k, x, y] = [seen[at] as number, seen[at + 1] as number, seen[at + 2] as number];
    const isLost = nowS - (fleet.timeS[k] as number) > LOST_S;
    const course = fleet.course[k] as number;
    const heading = Number.isNaN(fleet.heading[k] as number) ? course : (fleet.heading[k] as number);
    const speed = fleet.speed[k] as number;
    const isAir = isAircraft(fleet, k);
    const isSlow = !(speed > 0.5);
    const strip = stripOf(isLost ? "lost" : isAir ? "aircraft" : "ship", colourOf(fleet, k, isLost), isAir ? size * 1.15 : isSlow ? size * 0.7 : size, isFar);
    stamp(pen, strip, x, y, Number.isNaN(heading) ? 0 : (heading * Math.PI) / 180);
    if (isLost || isFar || isSlow || Number.isNaN(course)) continue;
    const length = Math.min((speed * MPS_PER_KN * 3600 * VECTOR_H) / frame.metresPx / Math.max(Math.cos(((fleet.lat[k] as number) * Math.PI) / 180), 0.1), 80);
    ways.push(x, y, x + Math.sin((course * Math.PI) / 180) * length, y - Math.cos((course * Math.PI) / 180) * length);
  }
  drawWays(pen, ways);
}

/** Craft as points, where symbols would cover each other. */
function drawPoints(pen: CanvasRenderingContext2D, fleet: Fleet, nowS: number, seen: number[]): void {
  let last = "";
  for (let at = 0; at < seen.length; at += 3) {
    const k = seen[at] as number;
    const found = colourOf(fleet, k, nowS - (fleet.timeS[k] as number) > LOST_S);
    if (found !== last) pen.fillStyle = last = found;
    pen.fillRect((seen[at + 1] as number) - 1, (seen[at + 2] as number) - 1, 2, 2);
  }
}

function isAircraft(fleet: Fleet, k: number): boolean {
  return (fleet.craft[k] as string).startsWith("icao24");
}

function colourOf(fleet: Fleet, k: number, isLost: boolean): string {
  return isLost ? colour("quiet") : isAircraft(fleet, k) ? heightColour(fleet.altitude[k] as number) : colour("green");
}

/** The lines ahead, dashed: x and y of both ends, one after the other. */
function drawWays(pen: CanvasRenderingContext2D, ends: number[]): void {
  const path = new Path2D();
  for (let k = 0; k < ends.length; k += 4) {
    path.moveTo(ends[k] as number, ends[k + 1] as number);
    path.lineTo(ends[k + 2] as number, ends[k + 3] as number);
  }
  pen.lineWidth = 1.2;
  pen.setLineDash([4, 3]);
  pen.strokeStyle = colour("quiet");
  pen.stroke(path);
  pen.setLineDash([]);
}

function diamond(x: number, y: number, r: number): Path2D {
  const path = new Path2D();
  for (const [dx, dy] of [[0, -r], [r, 0], [0, r], [-r, 0]] as const) path.lineTo(x + dx, y + dy);
  path.closePath();
  return path;
}

function corners(pen: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  pen.strokeStyle = colour("focus");
  pen.lineWidth = 2;
  pen.beginPath();
  for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
    pen.moveTo(x + sx * r, y + sy * r * 0.45);
    pen.lineTo(x + sx * r, y + sy * r);
    pen.lineTo(x + sx * r * 0.45, y + sy * r);
  }
  pen.stroke();
}
