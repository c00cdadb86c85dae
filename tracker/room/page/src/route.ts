// Where one is, as an address that can be handed on: `#/alerts/ID` and `#/map`, with filter and place behind `?`; and pages beside the list, `#/search?q=`,
// `#/craft/ID`, `#/health`. While a page is shown the list keeps its filter and what was chosen in it.

export type ListView = "alerts" | "map";
export type ThingView = "craft" | "consignments" | "containers" | "parties";
export type PageView = ThingView | "search" | "health" | "handover" | "supervisor" | "audit";

const PAGE_VIEWS: readonly string[] = ["search", "craft", "consignments", "containers", "parties", "health", "handover", "supervisor", "audit"] satisfies PageView[];

export interface Place {
  view: ListView | PageView;
  /** The alert that is chosen in the list, and the filter of the list. */
  alert: string | null;
  query: URLSearchParams;
  /** Of a page: what it is about, and what it was asked. */
  id: string | null;
  own: URLSearchParams;
}

export function isPage(view: string): view is PageView {
  return PAGE_VIEWS.includes(view);
}

let list: Pick<Place, "alert" | "query"> = { alert: null, query: new URLSearchParams() };

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function here(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", rest] = path.split("/");
  const id = rest ? decoded(rest) : null;
  const asked = new URLSearchParams(query);
  if (isPage(view)) return { view, alert: list.alert, query: new URLSearchParams(list.query), id, own: asked };
  list = { alert: id, query: new URLSearchParams(asked) };
  return { view: view === "map" ? "map" : "alerts", alert: id, query: asked, id: null, own: new URLSearchParams() };
}

export function address(place: Place): string {
  const [id, asked] = isPage(place.view) ? [place.id, place.own] : [place.alert, place.query];
  const query = asked.toString();
  return `#/${place.view}${id === null ? "" : `/${encodeURIComponent(id)}`}${query ? `?${query}` : ""}`;
}

/** The address of a page. */
export function pageAddress(view: PageView, id: string | null = null, asked: Record<string, string> = {}): string {
  return address({ view, id, own: new URLSearchParams(asked), alert: null, query: new URLSearchParams() });
}

/** The address of an alert in the list. */
export function alertAddress(alert: string): string {
  return address({ ...here(), view: "alerts", alert });
}

/** Go somewhere; what is left out stays as it is. `isQuiet`: without a step in the browser's history. */
export function go(to: Partial<Place>, isQuiet = false): void {
  const now = here();
  if (isPage(now.view) && to.view === undefined && ("alert" in to || "query" in to)) {
    list = { alert: to.alert === undefined ? now.alert : to.alert, query: to.query ?? now.query };
    window.dispatchEvent(new HashChangeEvent("hashchange")); // the list beside the page changed, and not the place
    return;
  }
  const isOther = to.view !== undefined && to.view !== now.view;
  const next = address({ ...now, ...(isOther ? { id: null, own: new URLSearchParams() } : {}), ...to });
  if (next === location.hash) return;
  if (isQuiet) {
    history.replaceState(null, "", next);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = next;
}

export function onMoved(moved: () => void): void {
  window.addEventListener("hashchange", moved);
}
