// Where rows come from: the whole list in pages when the page begins, after a reset, and when the list is ordered anew; the finished ones when asked for.
import { get } from "./api";
import { STATES } from "./filter";
import type { ListAnswer, Row } from "./shapes";

const MOST = 500;
const MOST_ROWS = 5000;

async function pages(query: string, most: number): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const told: ListAnswer = await get<ListAnswer>(`/alerts?${query}limit=${MOST}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
    rows.push(...told.alerts);
    cursor = told.next_cursor;
  } while (cursor !== null && rows.length < most);
  return rows;
}

/** All work that is left, in the room's order. */
export function readOpen(): Promise<Row[]> {
  return pages("", MOST_ROWS);
}

/** What was finished last. */
export function readFinished(): Promise<Row[]> {
  return pages((STATES["finished"] ?? []).map((one) => `state=${one}&`).join(""), MOST);
}
