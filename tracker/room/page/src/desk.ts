// Who works at this desk: names for the ids that alerts have. Asked once, and again when an id is met that is not known.
import { get } from "./api";
import { me } from "./session";
import type { Colleague, Desk } from "./shapes";
import { t } from "./texts";

let desk: Desk = { people: [], units: [] };
let askedMs = -Infinity;

export async function readDesk(): Promise<void> {
  askedMs = performance.now();
  desk = await get<Desk>("/desk");
}

export function colleagues(): Colleague[] {
  return desk.people.filter((one) => one.may_act);
}

export function units(): Desk["units"] {
  return desk.units;
}

/** The name of a person or unit; "me" for oneself. */
export function nameOf(id: string): string {
  if (id === me().person_id) return t("me");
  const found = desk.people.find((one) => one.person_id === id)?.name ?? desk.units.find((one) => one.unit_id === id)?.name;
  if (found === undefined && performance.now() - askedMs > 60_000) void readDesk().catch(() => undefined);
  return found ?? id;
}

/** Who has an alert, in words; empty where nobody has. */
export function ownerOf(row: { person: string | null; unit: string | null }): string {
  return [row.person, row.unit].filter((one) => one !== null).map(nameOf).join(", ");
}
