// Runs searches on faulty builds: node scripts/faultRun.mjs SEARCH,.. ID,.. [UNITS]. "none" is the
// right build. Prints a line of JSON for each fault and search, as soon as it is known. UNITS: of
// the exhaustive search that many alone. Run after npm run build.
import { register } from "node:module";

register("./faultHooks.mjs", import.meta.url);
const [searches, ids, units] = process.argv.slice(2);
for (const id of ids.split(",")) {
  const search = await import(`../src/testing/faultSearch.ts?fault=${id}`);
  for (const name of searches.split(",")) {
    const found = await search.searches[name](units === undefined ? undefined : Number(units));
    process.stdout.write(`${JSON.stringify({ id, search: name, ...found })}\n`);
  }
}
