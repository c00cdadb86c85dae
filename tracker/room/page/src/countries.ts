// Flags of countries, as the two regional letters of Unicode; fonts without them show the letters, which is as good.

/** `NL` as a flag with its letters. */
export function craftFlag(country: string): string {
  return /^[A-Z]{2}$/.test(country) ? country : "";
}
