// What is in doubt about a craft or a consignment: who it says it is changed, numbers are wrong in themselves, links are weak, its position is old.
import { number, t } from "../texts";
import { serverNow, span } from "../time";
import type { Link, Told } from "./thing";

const OLD_MS = 6 * 3_600_000;
const SURE = 0.9;

/** Whether the check digit of an IMO number holds: the first six digits times 7 to 2, the last digit of the sum. */
export function isImo(imo: number): boolean {
  const digits = String(imo).padStart(7, "0");
  const sum = [...digits.slice(0, 6)].reduce((so, digit, at) => so + Number(digit) * (7 - at), 0);
  return digits.length === 7 && sum % 10 === Number(digits[6]);
}

function different<T>(values: (T | null)[]): T[] {
  return [...new Set(values.filter((one): one is T => one !== null && one !== ""))];
}

/** Sentences, the gravest first. */
export function doubtsOf(told: Told): string[] {
  const found: string[] = [];
  const said = told.said ?? [];
  const imos = different(said.map((one) => one.imo));
  const names = different(said.map((one) => one.name));
  const calls = different(said.map((one) => one.call_sign));
  if (imos.length > 1) found.push(t("doubt.imos", { numbers: imos.join(", ") }));
  for (const imo of imos) if (!isImo(imo)) found.push(t("doubt.imo", { number: imo }));
  if (names.length > 1) found.push(t("doubt.names", { names: names.join(", ") }));
  if (calls.length > 1) found.push(t("doubt.call_signs", { names: calls.join(", ") }));
  const links = ((told.type === "craft" ? told["consignments"] : told.type === "consignments" ? told["craft"] : []) as Link[] | undefined) ?? [];
  const weak = links.filter((one) => one.confidence !== null && one.confidence < SURE).length;
  if (weak > 0) found.push(t("doubt.links", { n: number(weak), share: Math.round(SURE * 100) }));
  const crafts = different(links.map((one) => one.craft));
  if (told.type === "consignments" && crafts.length > 1) found.push(t("doubt.crafts", { n: crafts.length }));
  if (told.type === "consignments" && links.length === 0) found.push(t("doubt.no_craft"));
  if (told.type === "craft") {
    const age = told.position ? serverNow() - Date.parse(told.position.time) : NaN;
    if (!told.position) found.push(t("doubt.no_position"));
    else if (age > OLD_MS) found.push(t("doubt.old", { span: span(age) }));
    const open = (told.events ?? []).filter((one) => one.state === "open").length;
    if (open > 0) found.push(t("doubt.events", { n: open }));
  }
  return found;
}
