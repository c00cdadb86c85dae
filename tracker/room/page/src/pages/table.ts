// Which pages there are beside the list: the address, the key, and the right by which a page is shown. What somebody may not see is not named to it.
import { h } from "../dom";
import type { Key } from "../keys";
import { go, isPage, pageAddress, type PageView, type Place } from "../route";
import { may } from "../session";
import { t, type TextName } from "../texts";

interface PageKind {
  view: PageView;
  text: TextName;
  key: string;
}

export const RIGHT_OF: Record<PageView, string> = {
  search: "search",
  craft: "see_dossiers",
  consignments: "see_dossiers",
  containers: "see_dossiers",
  parties: "see_dossiers",
  health: "see_alerts",
  handover: "sign_handover",
  supervisor: "suppress_rules",
  audit: "see_audit",
};

const PAGES: PageKind[] = [
  { view: "search", text: "page.search", key: "/" },
  { view: "health", text: "page.health", key: "h" },
  { view: "handover", text: "page.handover", key: "r" },
  { view: "supervisor", text: "page.supervisor", key: "l" },
  { view: "audit", text: "page.audit", key: "p" },
];

/** Pages that leave the list where it is. */
const BESIDE: readonly string[] = ["search", "craft", "consignments", "containers", "parties"] satisfies PageView[];

export function maySee(view: PageView): boolean {
  return may(RIGHT_OF[view]);
}

function pagesOfCaller(): PageKind[] {
  return PAGES.filter((one) => maySee(one.view));
}

/** Whether a view takes the place of the list, too. */
export function isOverList(view: Place["view"]): boolean {
  return isPage(view) && !BESIDE.includes(view);
}

export function keysOfPages(): Key[] {
  return pagesOfCaller().map((one) => ({ key: one.key, text: one.text, act: () => go({ view: one.view }) }));
}

/** Links to the pages: in the head where the screen is `wide`, beside the links to dossier and map where it is `narrow`. */
export function pagesNav(where: "wide" | "narrow" | "" = ""): HTMLElement {
  const links = pagesOfCaller().map((one) => h("a", { href: pageAddress(one.view), "data-view": one.view, title: `${t(one.text)} (${one.key.toUpperCase()})` }, t(one.text), where === "narrow" ? h("kbd", {}, one.key.toUpperCase()) : ""));
  return h("nav", { class: `pages-nav ${where}`.trim(), "aria-label": t("page.nav") }, ...links);
}

/** Mark the link of the page that is shown. */
export function markNav(around: Element, view: Place["view"]): void {
  for (const link of around.querySelectorAll<HTMLElement>(".pages-nav a")) {
    const isCurrent = link.dataset["view"] === view || (link.dataset["view"] === "search" && BESIDE.includes(view));
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
