/** Steps that a page can be stepped through; a walk of more is told to there. */
export const MAX_STEPS = 10_000;
