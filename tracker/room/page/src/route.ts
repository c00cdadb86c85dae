// Where one is, as an address that can be handed on: `#/alerts`, `#/alerts/ID`, `#/map`, each with its filter and place behind `?`.

export interface Place {
  view: "alerts" | "map";
  alert: string | null;
  query: URLSearchParams;
}

export function here(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [view, alert] = path.split("/");
  return { view: view === "map" ? "map" : "alerts", alert: alert ? decodeURIComponent(alert) : null, query: new URLSearchParams(query) };
}

export function address(place: Place): string {
  const query = place.query.toString();
  return `#/${place.view}${place.alert === null ? "" : `/${encodeURIComponent(place.alert)}`}${query ? `?${query}` : ""}`;
}

/** Go somewhere; what is left out stays as it is. `isQuiet`: without a step in the browser's history. */
export function go(to: Partial<Place>, isQuiet = false): void {
  const next = address({ ...here(), ...to });
  if (next === location.hash) return;
  if (isQuiet) {
    history.replaceState(null, "", next);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = next;
}

export function onMoved(moved: () => void): void {
  window.addEventListener("hashchange", moved);
}
