// The calibration of stated confidence as a picture: said against found, with the interval of each; on the diagonal both agree.
import { s } from "../dom";
import { t } from "../texts";

export interface Bin {
  from: number;
  to: number;
  judged: number;
  stated: number | null;
  right: number | null;
  low: number | null;
  high: number | null;
}

const SIDE = 200;
const LEFT = 40;
const BELOW = 34;

export function calibrationPicture(bins: Bin[]): SVGElement {
  const x = (share: number) => LEFT + share * SIDE;
  const y = (share: number) => 8 + (1 - share) * SIDE;
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    s("line", { class: "grid", x1: x(0), y1: y(share), x2: x(1), y2: y(share) }),
    s("text", { class: "end", x: LEFT - 5, y: y(share) + 4 }, `${share * 100}`),
    s("text", { class: "middle", x: x(share), y: y(0) + 15 }, `${share * 100}`),
  ]);
  const marks = bins.flatMap((bin) => {
    if (bin.stated === null || bin.right === null || bin.low === null || bin.high === null) return [];
    const at = x(bin.stated);
    return [s("line", { class: "interval", x1: at, y1: y(bin.low), x2: at, y2: y(bin.high) }), s("circle", { class: "found", cx: at, cy: y(bin.right), r: 4 })];
  });
  return s(
    "svg",
    { class: "calibration", viewBox: `0 0 ${LEFT + SIDE + 14} ${SIDE + 8 + BELOW}`, role: "img", "aria-label": t("supervisor.calibration_picture") },
    ...grid,
    s("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    ...marks,
    s("text", { class: "middle", x: x(0.5), y: y(0) + 30 }, t("supervisor.stated")),
    s("text", { class: "middle", x: 0, y: 0, transform: `translate(11 ${y(0.5)}) rotate(-90)` }, t("supervisor.found")),
  );
}

/** A share with its interval, as a small bar. */
export function shareBar(share: number, low: number, high: number): SVGElement {
  return s(
    "svg",
    { class: "share", viewBox: "0 0 100 10", "aria-hidden": "true" },
    s("rect", { class: "grid", x: 0, y: 4, width: 100, height: 2 }),
    s("line", { class: "interval", x1: low * 100, y1: 5, x2: high * 100, y2: 5 }),
    s("circle", { class: "found", cx: share * 100, cy: 5, r: 3.5 }),
  );
}
