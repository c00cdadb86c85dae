// Who is signed in here, and until when. Before the session runs out the page warns; afterwards it asks for the password in place and everything stays readable.
import { ask, Away, onSessionOver, Refused } from "./api";
import { h, replace } from "./dom";
import { testSound } from "./sound";
import { languages, language, speak, t } from "./texts";
import { msUntil, noteServerTime } from "./time";
import type { Me } from "./shapes";

let known: Me | null = null;

export function me(): Me {
  if (known === null) throw new Error("nobody is signed in");
  return known;
}

export function may(right: string): boolean {
  return known?.rights.includes(right) ?? false;
}

/** The session as the room knows it; null where there is none that lives. */
export async function findSession(): Promise<Me | null> {
  try {
    known = (await ask<Me>("GET", "/session")).data;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    known = null;
  }
  return known;
}

function sentence(error: unknown): string {
  return error instanceof Away ? t("away.room") : error instanceof Error ? error.message : String(error);
}

function field(name: string, label: string, type: string, autocomplete: string): HTMLLabelElement {
  return h("label", {}, h("span", {}, label), h("input", { name, type, autocomplete, required: true, maxlength: 200 }));
}

function valueOf(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "");
}

/** A form that asks until what it asks for was done. */
function asking(form: HTMLFormElement, work: () => Promise<void>): Promise<void> {
  const told = h("p", { class: "wrong", role: "alert" });
  form.append(told);
  return new Promise((done) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void (async () => {
        replace(told);
        form.inert = true;
        try {
          await work();
          done();
        } catch (error) {
          replace(told, sentence(error));
        } finally {
          form.inert = false;
        }
      })();
    });
  });
}

/** The page of signing in: until somebody is signed in who has chosen a password. A sound is played, for this is a gesture that unlocks it. */
export async function signIn(place: HTMLElement): Promise<Me> {
  const card = h("main", { class: "card" });
  const choose = h("select", { "aria-label": t("head.language"), onchange: (event: Event) => speak((event.target as HTMLSelectElement).value) });
  for (const one of languages) choose.append(h("option", { value: one, selected: one === language }, one.toUpperCase()));
  replace(place, h("div", { class: "sign-in" }, card));
  while (known === null || known.must_change_password) {
    if (known === null) await enter(card, choose);
    else await changePassword(card);
  }
  return known;
}

let password = "";

async function enter(card: HTMLElement, choose: HTMLElement): Promise<void> {
  const form = h(
    "form",
    {},
    field("login", t("sign_in.login"), "text", "username webauthn"),
    field("password", t("sign_in.password"), "password", "current-password"),
    h("button", { type: "submit", class: "main" }, t("sign_in.enter")),
    h("p", { class: "quiet" }, t("sign_in.sound")),
  );
  replace(card, h("h1", {}, "Tidewaiter"), h("p", { class: "quiet" }, t("sign_in.what")), form, h("div", { class: "foot" }, choose));
  form.querySelector("input")?.focus();
  const byPassword = asking(form, async () => {
    void testSound();
    password = valueOf(form, "password");
    known = (await ask<Me>("POST", "/session", { login: valueOf(form, "login"), password })).data;
  });
  const byKey = new Promise<void>((done) => {
    if (!("PublicKeyCredential" in window) || !("parseRequestOptionsFromJSON" in PublicKeyCredential)) return;
    form.querySelector("button")?.after(h("button", { type: "button", onclick: () => void withPasskey(form).then((ok) => ok && done()) }, t("sign_in.passkey")));
  });
  await Promise.race([byPassword, byKey]);
}

async function withPasskey(form: HTMLFormElement): Promise<boolean> {
  const told = form.querySelector(".wrong");
  try {
    void testSound();
    const options = (await ask<PublicKeyCredentialRequestOptionsJSON>("POST", "/session/passkey/options")).data;
    const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    if (!(credential instanceof PublicKeyCredential)) return false;
    await ask("POST", "/session/passkey", { credential: credential.toJSON() });
    return (await findSession()) !== null;
  } catch (error) {
    if (told) replace(told, sentence(error));
    return false;
  }
}

async function changePassword(card: HTMLElement): Promise<void> {
  const form = h(
    "form",
    {},
    password === "" && field("old", t("sign_in.password_now"), "password", "current-password"),
    field("new", t("sign_in.password_new"), "password", "new-password"),
    field("again", t("sign_in.password_again"), "password", "new-password"),
    h("button", { type: "submit", class: "main" }, t("sign_in.change")),
  );
  replace(card, h("h1", {}, t("sign_in.choose")), h("p", { class: "quiet" }, t("sign_in.choose_why")), form);
  form.querySelector("input")?.focus();
  await asking(form, async () => {
    if (valueOf(form, "new") !== valueOf(form, "again")) throw new Error(t("sign_in.differ"));
    await ask("POST", "/session/password", { password: password || valueOf(form, "old"), new_password: valueOf(form, "new") });
    await findSession();
  });
  password = "";
}

let renewing: Promise<boolean> | null = null;

/** Ask for the password over the page, once for all who wait; the page behind it stays readable. */
function renew(mayRenew: boolean): Promise<boolean> {
  if (known === null) return Promise.resolve(false);
  renewing ??= askAgain(mayRenew).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function askAgain(mayRenew: boolean): Promise<boolean> {
  if (!mayRenew) {
    location.reload();
    return false;
  }
  const name = me().name;
  const form = h("form", {}, field("password", t("sign_in.password"), "password", "current-password"), h("button", { type: "submit", class: "main" }, t("renew.go_on")));
  const bar = h(
    "section",
    { class: "renew", role: "alertdialog", "aria-label": t("renew.title") },
    h("h2", {}, t("renew.title")),
    h("p", {}, t("renew.why", { name })),
    form,
    h("button", { type: "button", class: "link", onclick: () => location.reload() }, t("renew.other")),
  );
  document.body.append(bar);
  document.body.classList.add("session-over");
  form.querySelector("input")?.focus();
  await asking(form, async () => {
    known = (await ask<Me>("POST", "/session/renew", { password: valueOf(form, "password") })).data;
  });
  bar.remove();
  document.body.classList.remove("session-over");
  for (const heard of renewed) heard();
  return true;
}

const renewed = new Set<() => void>();

/** Called when a session was taken up again. */
export function onRenewed(heard: () => void): void {
  renewed.add(heard);
}

export async function signOut(): Promise<void> {
  await ask("DELETE", "/session").catch(() => undefined);
  location.reload();
}

/** How long the session lives yet if nothing is asked, in milliseconds. */
export function sessionLeftMs(): number | null {
  const left = [msUntil(known?.idle_at), msUntil(known?.ends_at)].filter((one) => one !== null);
  return left.length === 0 ? null : Math.min(...left);
}

const STAY_MS = 4 * 60_000;
let saidMs = 0;

/** Whoever moves a hand here is here: the session lives on. At most once in four minutes. */
export function watchHand(): void {
  onSessionOver(renew);
  const moved = () => {
    if (Date.now() - saidMs < STAY_MS || known === null || renewing !== null) return;
    saidMs = Date.now();
    void ask<Me & { at?: string }>("GET", "/session").then(
      (answer) => {
        known = answer.data;
        noteServerTime(undefined);
      },
      () => undefined,
    );
  };
  saidMs = Date.now();
  for (const kind of ["keydown", "pointerdown", "wheel"]) window.addEventListener(kind, moved, { passive: true });
}

/** The session is over, says a stream: ask for the password. */
export function sessionIsOver(mayRenew: boolean): Promise<boolean> {
  return renew(mayRenew);
}
