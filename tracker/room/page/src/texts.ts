// All words of the page, one file for each language. A text is asked for by its name; {names} in it are filled in.
import de from "../texts/de.json";
import en from "../texts/en.json";

export type TextName = keyof typeof en;
type Texts = Record<TextName, string>;

const LANGUAGES: Record<string, Texts> = { en, de: de satisfies Texts };
const KEPT = "tidewaiter.language";

function begin(): string {
  const kept = localStorage.getItem(KEPT);
  if (kept !== null && kept in LANGUAGES) return kept;
  const asked = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES);
  return asked ?? "en";
}

export const language = begin();
/** How dates and numbers are written. */
export const locale = language === "en" ? "en-GB" : language;
export const languages = Object.keys(LANGUAGES);
const texts: Texts = LANGUAGES[language] ?? en;

/** The text of this name. */
export function t(name: TextName, values: Record<string, string | number> = {}): string {
  return texts[name].replace(/\{(\w+)\}/g, (whole, key: string) => (key in values ? String(values[key]) : whole));
}

/** Whether there is a text of this name. */
export function hasText(name: string): name is TextName {
  return name in texts;
}

/** The text for a word of the API (a kind, a state), or the word itself where there is none. */
export function word(group: string, value: string): string {
  const name = `${group}.${value}`;
  return name in texts ? texts[name as TextName] : value.replaceAll("_", " ");
}

/** Begin anew in another language. */
export function speak(other: string): void {
  localStorage.setItem(KEPT, other);
  location.reload();
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}
