import type { Provenance } from "../profile.js";

/** A figure that was computed: how, and from whose. */
export function derived(how: string, source: string): Provenance {
  return { kind: "derived", how, source };
}

/** A figure that nobody printed, and why it is taken to be so. */
export function assumed(how: string, source = "s2split"): Provenance {
  return { kind: "assumed", how, source };
}
