// The page of whoever may not see alerts, an auditor above all: no list, no stream, no sound; only the pages it may see.
import { h } from "../dom";
import { bind, listen, showKeys } from "../keys";
import { lookWords, nextBrightness, nextTheme } from "../look";
import { noticesPlace } from "../notices";
import { go, here, isPage, onMoved } from "../route";
import { me, signOut } from "../session";
import { language, languages, speak, t } from "../texts";
import { Pages } from "./pages";
import { keysOfPages, markNav, pagesNav } from "./table";

export class Alone {
  readonly element: HTMLElement;
  private readonly pages = new Pages({ stream: null, engines: () => [], rows: () => [] });
  private readonly nav = pagesNav();

  constructor() {
    const look = h("button", { type: "button", title: t("head.theme"), onclick: () => nextTheme() }, lookWords());
    window.addEventListener("look", () => look.replaceChildren(lookWords()));
    const choose = h("select", { "aria-label": t("head.language"), onchange: () => speak(choose.value) });
    for (const one of languages) choose.append(h("option", { value: one, selected: one === language }, one.toUpperCase()));
    const head = h("header", { class: "head" }, h("h1", {}, "Tidewaiter"), this.nav, h("span", { class: "fill" }), look, choose, h("span", { class: "me" }, me().name), h("button", { type: "button", onclick: () => void signOut() }, t("head.sign_out")));
    this.element = h("div", { class: "room alone" }, head, h("div"), h("main", {}, this.pages.element), noticesPlace());
    bind([...keysOfPages(), { key: "b", text: "key.brightness", act: nextBrightness }, { key: "?", text: "keys.title", act: showKeys }]);
    onMoved(() => this.moved());
    listen();
  }

  begin(): void {
    this.moved();
    document.documentElement.dataset["ready"] = "yes";
  }

  private moved(): void {
    const first = this.nav.querySelector("a");
    if (!isPage(here().view) && first !== null) {
      go({ view: "audit" }, true);
      return;
    }
    const place = here();
    this.element.dataset["over"] = "list";
    markNav(this.element, place.view);
    if (isPage(place.view)) this.pages.show(place);
  }
}
