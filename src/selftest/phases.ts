/** The test's phases in its own order. `set-mode` is in one published variant only. */
export const PHASES = ["populate", "set-mode", "enable", "dirty", "get", "clear", "disable"] as const;

export type PhaseName = (typeof PHASES)[number];
