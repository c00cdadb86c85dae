// The rows of the list as they are shown: what the stream tells changes them where they stand, and nothing moves under the hand. New rows wait until they are
// asked for, or until the list rests at its top. Rows that are finished stay, greyed, until the list is ordered anew. Knows no element of the page.
import type { Row } from "./shapes";

export interface Moved {
  name: "priority" | "priority_band" | "confidence" | "consignments_aboard" | "lead_until" | "state" | "life" | "person" | "unit" | "flags" | "notes";
  from: unknown;
  to: unknown;
}

export interface Shown {
  row: Row;
  /** What moved since somebody looked at it here, each with the value it had then. */
  moved: Moved[];
  isNew: boolean;
  changedMs: number;
}

const WATCHED: Moved["name"][] = ["priority", "priority_band", "confidence", "consignments_aboard", "lead_until", "life", "state", "person", "unit", "flags", "notes"];
const FINISHED = new Set(["closed", "over"]);

export function isFinished(row: Row): boolean {
  return FINISHED.has(row.state);
}

/** Ordered as the room does it: by what waiting costs, then by id. */
export function before(a: Row, b: Row): boolean {
  return a.order.points !== b.order.points ? a.order.points > b.order.points : a.alert_id < b.alert_id;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export class Rows {
  readonly all = new Map<string, Shown>();
  order: string[] = [];
  readonly waiting = new Set<string>();

  /** The whole list as the room gave it just now; what was marked as changed stays so. */
  place(rows: Row[]): void {
    const were = new Map(this.all);
    this.all.clear();
    this.waiting.clear();
    this.order = [];
    for (const row of rows) {
      const was = were.get(row.alert_id);
      this.all.set(row.alert_id, was === undefined ? { row, moved: [], isNew: false, changedMs: 0 } : this.changed(was, row));
      this.order.push(row.alert_id);
    }
  }

  /** A row that the stream told. `mayPlace`: whether a new one may go to its place at once. */
  take(row: Row, mayPlace: boolean): void {
    const was = this.all.get(row.alert_id);
    if (was !== undefined) {
      this.all.set(row.alert_id, this.changed(was, row));
      if (this.waiting.has(row.alert_id) && isFinished(row)) this.forget(row.alert_id);
      return;
    }
    if (isFinished(row)) return;
    this.all.set(row.alert_id, { row, moved: [], isNew: true, changedMs: performance.now() });
    if (mayPlace) this.insert(row);
    else this.waiting.add(row.alert_id);
  }

  /** What the caller itself did is no news to it. */
  did(row: Row): void {
    const was = this.all.get(row.alert_id);
    if (was !== undefined) this.all.set(row.alert_id, { ...was, row, isNew: false, changedMs: 0 });
  }

  /** Somebody has looked at this row: it is neither new nor changed. `etag`: in which version; one that came meanwhile stays marked. */
  seen(id: string, etag?: string): void {
    const was = this.all.get(id);
    if (was !== undefined && (etag === undefined || etag === was.row.etag)) this.all.set(id, { ...was, moved: [], isNew: false });
  }

  /** Whether the list is as the room would order it, nothing waiting and nothing finished among it. */
  get isSettled(): boolean {
    return this.waiting.size === 0 && !this.order.some((id) => this.isGone(id));
  }

  isGone(id: string): boolean {
    const shown = this.all.get(id);
    return shown !== undefined && isFinished(shown.row);
  }

  /** New rows go to their places and finished ones leave. */
  settle(): void {
    for (const id of this.order.filter((one) => this.isGone(one))) this.forget(id);
    for (const id of [...this.waiting]) {
      const shown = this.all.get(id);
      if (shown !== undefined) this.insert(shown.row);
    }
    this.waiting.clear();
    const rowOf = (id: string) => this.all.get(id)?.row;
    this.order.sort((a, b) => {
      const one = rowOf(a);
      const other = rowOf(b);
      return one === undefined || other === undefined || one === other ? 0 : before(one, other) ? -1 : 1;
    });
  }

  private forget(id: string): void {
    this.all.delete(id);
    this.waiting.delete(id);
    this.order = this.order.filter((one) => one !== id);
  }

  private insert(row: Row): void {
    const at = this.order.findIndex((id) => {
      const other = this.all.get(id);
      return other !== undefined && before(row, other.row);
    });
    this.order.splice(at < 0 ? this.order.length : at, 0, row.alert_id);
  }

  private changed(was: Shown, row: Row): Shown {
    const moved = new Map(was.moved.map((one) => [one.name, one]));
    for (const name of WATCHED) {
      if (same(was.row[name], row[name])) continue;
      const first = moved.get(name);
      if (first !== undefined && same(first.from, row[name])) moved.delete(name);
      else moved.set(name, { name, from: first === undefined ? was.row[name] : first.from, to: row[name] });
    }
    const isOther = was.row.etag !== row.etag;
    return { row, moved: [...moved.values()], isNew: was.isNew, changedMs: isOther ? performance.now() : was.changedMs };
  }
}
