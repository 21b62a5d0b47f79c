const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIX: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd" };

/** "at every poll", "at every 2nd poll", "at every 7th poll". */
export function atEveryPoll(n: number): string {
  return n === 1 ? "at every poll" : `at every ${n}${SUFFIX[ORDINALS.select(n)] ?? "th"} poll`;
}
