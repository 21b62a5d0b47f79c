// Links bin/s2split.js into node_modules/.bin of this checkout, where npx looks first. Without it npx installs the checkout into its cache and
// builds it once more before every new clone's first run. Where links cannot be made (Windows), npx still does that.
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", ".bin");
if (existsSync(folder) && process.platform !== "win32") {
  const link = join(folder, "s2split");
  rmSync(link, { force: true });
  symlinkSync(join("..", "..", "bin", "s2split.js"), link);
}
