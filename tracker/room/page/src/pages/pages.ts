// The place where pages beside the list are shown: one at a time, each made when it is first asked for.
import { h, replace } from "../dom";
import { address, go, here, type PageView, type Place } from "../route";
import { t, type TextName } from "../texts";
import { AuditPage } from "./audit";
import { HandoverPage } from "./handover";
import { HealthPage } from "./health";
import { SearchPage } from "./search";
import { SupervisorPage } from "./supervisor";
import { maySee } from "./table";
import { ThingPage } from "./thing";
import type { Around, PageContent } from "./parts";

const TITLES: Record<PageView, TextName> = {
  search: "page.search",
  craft: "thing.craft",
  consignments: "thing.consignments",
  containers: "thing.containers",
  parties: "thing.parties",
  health: "page.health",
  handover: "page.handover",
  supervisor: "page.supervisor",
  audit: "page.audit",
};

export class Pages {
  readonly element = h("section", { class: "page" });
  private readonly title = h("h2");
  private readonly calling = h("a", { class: "calling" });
  private readonly content = h("div", { class: "content", tabindex: 0 });
  private readonly made = new Map<string, PageContent>();
  private shown: PageContent | null = null;
  private at = "";

  constructor(private readonly around: Around) {
    const back = h("button", { type: "button", onclick: () => go({ view: "alerts" }) }, t("page.back"), h("kbd", {}, "Esc"));
    this.element.append(h("header", {}, this.title, h("span", { class: "fill" }), this.calling, around.stream === null ? "" : back), this.content);
    setInterval(() => this.tick(), 1000);
  }

  show(place: Place): void {
    const view = place.view as PageView;
    const at = address(place);
    if (at === this.at) return;
    const isOther = this.element.dataset["page"] !== view;
    this.at = at;
    this.element.dataset["page"] = view;
    this.element.setAttribute("aria-label", t(TITLES[view]));
    replace(this.title, t(TITLES[view]));
    if (!maySee(view)) {
      this.shown = null;
      replace(this.content, h("p", { class: "wrong" }, t("page.not_allowed")));
      return;
    }
    const kind = ["craft", "consignments", "containers", "parties"].includes(view) ? "thing" : view;
    const page = this.made.get(kind) ?? this.make(kind);
    this.made.set(kind, page);
    this.shown = page;
    if (this.content.firstChild !== page.element) replace(this.content, page.element);
    page.show(place);
    if (isOther || kind === "thing") this.content.scrollTop = 0;
    if (isOther && page.focus !== undefined) page.focus();
    else if (isOther) this.content.focus({ preventScroll: true });
    this.tick();
  }

  /** Nothing is shown here now. */
  leave(): void {
    this.at = "";
    delete this.element.dataset["page"];
  }

  private make(kind: string): PageContent {
    if (kind === "search") return new SearchPage(this.around);
    if (kind === "thing") return new ThingPage(this.around);
    if (kind === "health") return new HealthPage(this.around);
    if (kind === "handover") return new HandoverPage();
    if (kind === "supervisor") return new SupervisorPage(this.around);
    return new AuditPage();
  }

  private tick(): void {
    if (this.at === "") return;
    const now = Date.now();
    const calls = this.around.rows().filter((row) => row.is_sounding && !(row.silenced_until !== null && Date.parse(row.silenced_until) > now)).length;
    this.calling.hidden = calls === 0;
    replace(this.calling, t("page.calling", { n: calls }));
    this.calling.setAttribute("href", address({ ...here(), view: "alerts" }));
    this.shown?.tick?.();
  }
}
