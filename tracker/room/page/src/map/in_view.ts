// What the map shows, in words: alerts in view and craft in view, those nearest to the middle first. The map's form for who reads no picture.
import { h, replace, type Child } from "../dom";
import { number, t, word } from "../texts";
import { span } from "../time";
import { craftKind, craftName, degrees, whatHappened } from "../wording";
import { GONE_S, type Fleet } from "./fleet";
import { onCanvas, type Frame } from "./draw";
import type { Row } from "../shapes";
import { planeOf } from "./fleet";

const MOST = 80;

/** Craft in the frame, nearest to its middle first. */
export function craftInView(fleet: Fleet, frame: Frame, nowS: number): number[] {
  const found: [number, number][] = [];
  for (let k = 0; k < fleet.count; k += 1) {
    if (nowS - (fleet.timeS[k] as number) > GONE_S) continue;
    const [x, y] = onCanvas(frame, fleet.x[k] as number, fleet.y[k] as number);
    if (x >= 0 && y >= 0 && x <= frame.width && y <= frame.height) found.push([Math.hypot(x - frame.width / 2, y - frame.height / 2), k]);
  }
  return found.sort((a, b) => a[0] - b[0]).map(([, k]) => k);
}

export function alertsInView(rows: Row[], frame: Frame): Row[] {
  return rows.filter((row) => {
    if (row.lat_deg === null || row.lon_deg === null) return false;
    const [x, y] = onCanvas(frame, ...planeOf(row.lon_deg, row.lat_deg));
    return x >= 0 && y >= 0 && x <= frame.width && y <= frame.height;
  });
}

export function fillList(place: HTMLElement, fleet: Fleet, frame: Frame, rows: Row[], nowS: number, acts: { alert: (id: string) => void; craft: (craft: string) => void }): void {
  const craft = craftInView(fleet, frame, nowS);
  const alerts = alertsInView(rows, frame);
  const lines = craft.slice(0, MOST).map((k): Child => {
    const name = fleet.craft[k] as string;
    const height = fleet.altitude[k] as number;
    const told = [
      Number.isNaN(fleet.speed[k]) ? "" : `${number(fleet.speed[k] as number)} kn`,
      Number.isNaN(fleet.course[k]) ? "" : `${String(Math.round(fleet.course[k] as number)).padStart(3, "0")}°`,
      Number.isNaN(height) ? "" : `${number(height)} ft`,
      `${degrees(fleet.lat[k] as number, true)} ${degrees(fleet.lon[k] as number, false)}`,
      t("map.heard", { span: span((nowS - (fleet.timeS[k] as number)) * 1000) }),
    ];
    return h("li", {}, h("button", { type: "button", class: "link", onclick: () => acts.craft(name) }, `${craftName(name)}`), h("span", { class: "quiet" }, ` ${craftKind(name)} `), told.filter(Boolean).join(", "));
  });
  replace(
    place,
    h("h3", {}, t("map.alerts_in_view", { n: alerts.length })),
    h("ul", { class: "alerts" }, ...alerts.map((row) => h("li", { "data-id": row.alert_id }, h("button", { type: "button", class: "link", onclick: () => acts.alert(row.alert_id) }, `${word("band", row.priority_band)}: ${craftName(row.craft)}`), ` ${whatHappened(row)}`))),
    h("h3", {}, craft.length > MOST ? t("map.craft_in_view_most", { n: number(craft.length), most: MOST }) : t("map.craft_in_view", { n: craft.length })),
    h("ul", { class: "craft-list" }, ...lines),
  );
}
