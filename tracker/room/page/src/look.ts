// How the page looks to this pair of eyes: day or dark, and a brightness for the night. Kept in this browser.
import { t } from "./texts";

const THEMES = ["dark", "day"] as const;
const BRIGHTNESS = [100, 80, 60, 45, 30];

function kept(name: string): string | null {
  return localStorage.getItem(`tidewaiter.${name}`);
}

function show(): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme();
  root.style.setProperty("--brightness", `${brightness()}%`);
  root.classList.toggle("dimmed", brightness() < 100);
  window.dispatchEvent(new Event("look"));
}

export function theme(): string {
  const found = kept("theme");
  return found === "day" || found === "dark" ? found : matchMedia("(prefers-color-scheme: light)").matches ? "day" : "dark";
}

export function brightness(): number {
  const found = Number(kept("brightness"));
  return BRIGHTNESS.includes(found) ? found : 100;
}

export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme() as (typeof THEMES)[number]) + 1) % THEMES.length] ?? "dark";
  localStorage.setItem("tidewaiter.theme", next);
  show();
}

export function nextBrightness(): void {
  const next = BRIGHTNESS[(BRIGHTNESS.indexOf(brightness()) + 1) % BRIGHTNESS.length] ?? 100;
  localStorage.setItem("tidewaiter.brightness", String(next));
  show();
}

export function lookWords(): string {
  return brightness() === 100 ? t(theme() === "day" ? "look.day" : "look.dark") : `${t(theme() === "day" ? "look.day" : "look.dark")} ${brightness()} %`;
}

export function beginLook(): void {
  show();
}
