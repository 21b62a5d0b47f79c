import { expect, it } from "vitest";
import { SHADOW_TABLES } from "./shadow.js";

const ioctls = SHADOW_TABLES.filter(({ timed }) => timed !== "dirty");

// Whoever copies a figure wrongly is seen by its neighbours.
it.each(ioctls.map((table) => [table.id, table] as const))(
  "%s has times of ioctls that grow with the memory, about twofold from row to row",
  (_, { rows }) => {
    for (const [i, row] of rows.slice(1).entries()) {
      for (const column of [1, 2] as const) {
        const growth = row[column] / rows[i]![column];
        expect(growth, `${row[0]} vCPUs, column ${column}`).toBeGreaterThan(1.5);
        expect(growth, `${row[0]} vCPUs, column ${column}`).toBeLessThan(4.5);
      }
    }
  },
);
