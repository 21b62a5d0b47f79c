/** What the program ends with, as documented in `--help`. */
export const EXIT = { fine: 0, regression: 1, usage: 2, invariant: 3, internal: 70, interrupted: 130 } as const;
