// Dialogs that ask for what an act needs: why and until when, who, which words, which outcome. A dialog gives what was said, or null where one went back.
import { h, replace, type Child } from "./dom";
import { colleagues, units } from "./desk";
import { me } from "./session";
import { t, word } from "./texts";
import { serverNow, utc } from "./time";

export type Said = Record<string, string>;

/** A dialog with these fields; Enter sends, Escape goes back. */
export function askFor(title: string, verb: string, fields: Child[], onShown?: (form: HTMLFormElement) => void): Promise<Said | null> {
  return new Promise((done) => {
    let said: Said | null = null;
    const form = h("form", { method: "dialog" });
    const dialog = h("dialog", {
      "aria-label": title,
      onclose: () => {
        dialog.remove();
        done(said);
      },
    });
    const back = h("button", { type: "button", onclick: () => dialog.close() }, t("back"));
    append(form, fields, h("div", { class: "buttons" }, back, h("button", { type: "submit", class: "main" }, verb)));
    form.addEventListener("submit", () => {
      said = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    });
    form.addEventListener("keydown", (event) => {
      const isField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLSelectElement;
      if (event.key === "Enter" && isField && !event.shiftKey) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    replace(dialog, h("h2", {}, title), form);
    document.body.append(dialog);
    onShown?.(form);
    dialog.showModal();
    form.querySelector<HTMLElement>("[autofocus], input, textarea, select")?.focus();
  });
}

function append(form: HTMLFormElement, fields: Child[], last: HTMLElement): void {
  for (const one of fields) if (one instanceof Node) form.append(one);
  form.append(last);
}

function labelled(label: string, field: HTMLElement): HTMLLabelElement {
  return h("label", {}, h("span", {}, label), field);
}

function words(name: string, label: string, isNeeded = true): HTMLLabelElement {
  return labelled(label, h("textarea", { name, rows: 3, maxlength: 2000, required: isNeeded }));
}

export function askNote(): Promise<Said | null> {
  return askFor(t("form.note"), t("form.note_do"), [words("text", t("form.note_text"))]);
}

export function askReopen(): Promise<Said | null> {
  return askFor(t("form.reopen"), t("act.reopen"), [words("reason", t("form.reason"))]);
}

const HOURS = [0.5, 1, 2, 4, 8, 12, 24, 72, 168];

/** Until when, why, and what of its craft ends the shelf before. */
export async function askShelve(): Promise<{ until: string; reason: string; wakes: string[] } | null> {
  const until = h("select", { name: "hours" });
  for (const hours of HOURS) {
    const end = utc(new Date(serverNow() + hours * 3_600_000).toISOString());
    until.append(h("option", { value: hours, selected: hours === 1 }, t("form.for_h", { h: hours, end })));
  }
  const wakes = ["moves", "enters", "heard"].map((one) => h("label", { class: "check" }, h("input", { type: "checkbox", name: `wake.${one}` }), h("span", {}, word("wake", one))));
  const said = await askFor(t("form.shelve"), t("act.shelve"), [
    labelled(t("form.until"), until),
    words("reason", t("form.shelve_why")),
    h("fieldset", {}, h("legend", {}, t("form.or_until")), ...wakes),
  ]);
  if (said === null) return null;
  const end = new Date(serverNow() + Number(said["hours"]) * 3_600_000).toISOString();
  return { until: end, reason: said["reason"] ?? "", wakes: ["moves", "enters", "heard"].filter((one) => `wake.${one}` in said) };
}

/** To whom: a person, a unit, or nobody. */
export async function askAssign(): Promise<{ person: string | null; unit: string | null } | null> {
  const who = h("select", { name: "who" });
  const own = me();
  who.append(h("option", { value: `person ${own.person_id}` }, t("me")));
  for (const one of colleagues()) if (one.person_id !== own.person_id) who.append(h("option", { value: `person ${one.person_id}` }, one.name));
  for (const one of units()) who.append(h("option", { value: `unit ${one.unit_id}` }, t("form.unit", { name: one.name })));
  who.append(h("option", { value: "nobody" }, t("form.nobody")));
  const said = await askFor(t("form.assign"), t("act.assign"), [labelled(t("form.who"), who)]);
  if (said === null) return null;
  const [what, id = ""] = (said["who"] ?? "").split(" ");
  return { person: what === "person" ? id : null, unit: what === "unit" ? id : null };
}

interface OutcomeField {
  name: string;
  isNeeded?: boolean;
  isNumber?: boolean;
  choices?: string[];
}

/** Outcomes with their fields, as docs/room.md has them; a test holds this against the room's own table. */
export const OUTCOMES: Record<string, OutcomeField[]> = {
  seized: [{ name: "what", isNeeded: true }, { name: "case_number" }, { name: "hs_code" }, { name: "mass_kg", isNumber: true }],
  irregularity: [{ name: "what", isNeeded: true }, { name: "case_number" }, { name: "hs_code" }],
  "confirmed, no irregularity": [{ name: "case_number" }],
  explained: [{ name: "explanation", isNeeded: true }],
  "wrong: rule": [{ name: "explanation", isNeeded: true }],
  "wrong: data": [{ name: "explanation", isNeeded: true }],
  inconclusive: [],
  "not inspected": [{ name: "why", isNeeded: true, choices: ["no capacity", "too late", "out of reach", "left to another authority", "other"] }],
};

function outcomeField(field: OutcomeField): HTMLElement {
  const common = { name: `field.${field.name}`, required: field.isNeeded ?? false };
  if (field.choices) return labelled(word("field", field.name), h("select", common, ...field.choices.map((one) => h("option", { value: one }, word("why", one)))));
  if (field.isNumber) return labelled(word("field", field.name), h("input", { ...common, type: "number", min: 0, step: "any" }));
  return labelled(word("field", field.name), h("input", { ...common, type: "text", maxlength: 500 }));
}

/** The outcome, chosen with 1 to 8, and its fields. */
export async function askClose(): Promise<{ outcome: string; fields: Record<string, string | number> } | null> {
  const names = Object.keys(OUTCOMES);
  const fields = h("div", { class: "fields" });
  const show = (outcome: string) => replace(fields, ...(OUTCOMES[outcome] ?? []).map(outcomeField));
  const choices = names.map((one, n) =>
    h(
      "label",
      { class: "check" },
      h("input", { type: "radio", name: "outcome", value: one, required: true, onchange: () => show(one) }),
      h("kbd", {}, n + 1),
      h("span", {}, h("strong", {}, word("outcome", one)), h("small", {}, word("outcome_means", one))),
    ),
  );
  const said = await askFor(t("form.close"), t("act.close"), [h("fieldset", { class: "outcomes" }, h("legend", {}, t("form.outcome")), ...choices), fields], (form) => {
    form.addEventListener("keydown", (event) => {
      const isText = event.target instanceof HTMLInputElement && event.target.type !== "radio";
      const chosen = choices[Number(event.key) - 1]?.querySelector("input");
      if (isText || event.target instanceof HTMLSelectElement || !chosen) return;
      event.preventDefault();
      chosen.checked = true;
      show(chosen.value);
      (fields.querySelector<HTMLElement>("input, select") ?? chosen).focus();
    });
  });
  if (said === null) return null;
  const outcome = said["outcome"] ?? "";
  const filled: Record<string, string | number> = {};
  for (const field of OUTCOMES[outcome] ?? []) {
    const text = said[`field.${field.name}`]?.trim();
    if (text) filled[field.name] = field.isNumber ? Number(text) : text;
  }
  return { outcome, fields: filled };
}
