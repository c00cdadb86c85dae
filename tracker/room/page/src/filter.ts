// Which rows are shown: chosen words of state, priority, kind and owner, and a text; kept in the address, so that a link shows the same.
import { me } from "./session";
import { craftName, placeOf, whatHappened } from "./wording";
import type { Row } from "./shapes";

export interface Filter {
  state: string;
  band: string;
  kind: string;
  owner: string;
  text: string;
}

/** Groups of states that one choice stands for; the first is what is shown unless told. */
export const STATES: Record<string, string[]> = {
  work: ["annunciated", "returned", "acknowledged"],
  calls: ["annunciated", "returned"],
  shelved: ["shelved"],
  quiet: ["suppressed", "out_of_service"],
  all: ["annunciated", "returned", "acknowledged", "shelved", "suppressed", "out_of_service"],
  finished: ["closed", "over"],
};
const NAMES = ["state", "band", "kind", "owner", "text"] as const;

export function filterOf(query: URLSearchParams): Filter {
  const found = { state: "work", band: "", kind: "", owner: "", text: "" };
  for (const name of NAMES) found[name] = query.get(name) ?? found[name];
  if (!(found.state in STATES)) found.state = "work";
  return found;
}

export function queryOf(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of NAMES) if (filter[name] && !(name === "state" && filter.state === "work")) query.set(name, filter[name]);
  return query;
}

export function isFiltered(filter: Filter): boolean {
  return queryOf(filter).size > 0;
}

/** Whether a row is meant. One that has just been finished stays where it was until the list is ordered anew (`isGone`). */
export function takes(filter: Filter, row: Row, isGone: boolean): boolean {
  const states = STATES[filter.state] ?? [];
  if (!states.includes(row.state) && !(isGone && filter.state !== "finished")) return false;
  if (filter.band && row.priority_band !== filter.band) return false;
  if (filter.kind && row.kind !== filter.kind) return false;
  if (filter.owner === "me" && row.person !== me().person_id) return false;
  if (filter.owner === "unit" && row.unit !== me().unit_id) return false;
  if (filter.owner === "nobody" && (row.person !== null || row.unit !== null)) return false;
  if (!filter.text) return true;
  const text = [row.craft, craftName(row.craft), row.other_craft ?? "", whatHappened(row), placeOf(row), row.explanation, row.flags.join(" ")].join(" ").toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((one) => text.includes(one));
}
