import { z } from "zod";
import { badInput, clip } from "../errors.js";
import { nonEmpty } from "../lists.js";
import { COST_IDS, type CostProfile } from "./profile.js";

/**
 * The cost profile file in zod. Loaded only where a profile is read from a file, for zod is slow to
 * load.
 */

const text = z.string().min(1).max(400);
const costId = z.enum(COST_IDS);

const provenance = z.strictObject({
  kind: z.enum(["published", "derived", "assumed"]),
  how: text,
  source: text,
  scale: costId.optional(),
});

const figure = z.strictObject({
  ns: z.number().nonnegative().max(1e15),
  nsPerFurtherIssuer: z.number().nonnegative().max(1e15).optional(),
  provenance,
  includes: z.array(costId).max(COST_IDS.length).optional(),
  interval: z.tuple([z.number().nonnegative(), z.number().nonnegative()]).optional(),
});

const ns = z.number().nonnegative().max(1e15);
const exclusive = z.strictObject({ hold: ns, handOver: ns.optional() });

const contention = z.strictObject({
  alone: z
    .strictObject({ relax: ns.optional(), map: ns.optional(), broken: ns.optional() })
    .refine((alone) => Object.keys(alone).length > 0, "expected the time of at least one kind of fault"),
  parallel: z.strictObject({ serial: ns, broadcast: ns.optional(), remote: ns.optional() }).optional(),
  rwlock: exclusive.optional(),
  spinlock: exclusive.optional(),
  provenance,
  fittedTo: z.array(text).max(100),
});

export const profileSchema = z.strictObject({
  kind: z.literal("s2split-cost-profile"),
  schemaVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/i, "letters, digits, dot, dash and underscore, at most 40"),
  title: text,
  mmu: text,
  costs: z.partialRecord(costId, figure),
  contention: contention.optional(),
  notes: z.array(text).max(50).optional(),
});

/** @throws UserError naming the field and what was expected */
export function parseProfile(value: unknown, input: string): CostProfile {
  const result = profileSchema.safeParse(value);
  if (!result.success) {
    const [issue] = nonEmpty(result.error.issues);
    const where = issue.path.length === 0 ? "" : ` ${clip(issue.path.map(String).join("."))}`;
    throw badInput(
      `cost profile ${input}${where}`,
      clip(issue.message, 160),
      "a profile as `s2split calibrate --output` writes it",
    );
  }
  // Zod says "may be undefined" of what may be left out.
  const profile = result.data as CostProfile;
  const costs = Object.entries(profile.costs);
  if (costs.length === 0 && profile.contention === undefined) {
    throw badInput(`cost profile ${input} costs`, "empty", "at least one cost");
  }
  for (const [id, one] of costs) {
    if (one.interval !== undefined && one.interval[0] > one.interval[1]) {
      throw badInput(`cost profile ${input} costs.${id}.interval`, "reversed", "[low, high] in ns");
    }
    for (const other of one.includes ?? []) {
      if (other === id || profile.costs[other] !== undefined) {
        throw badInput(
          `cost profile ${input} costs.${id}.includes`,
          `${other} has a figure of its own`,
          "costs without one",
        );
      }
    }
    const scale = one.provenance.scale;
    if (scale !== undefined && profile.costs[scale] === undefined) {
      throw badInput(
        `cost profile ${input} costs.${id}.provenance.scale`,
        `${scale} is not in the profile`,
        "a cost of it",
      );
    }
  }
  return profile;
}
