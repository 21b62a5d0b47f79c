import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readmePictures } from "./pictures.js";

it("the README's pictures show today's counts: else npm run build && node scripts/pictures.mjs", async () => {
  for (const { file, svg } of await readmePictures()) expect(readFileSync(`docs/${file}`, "utf8"), file).toBe(svg);
});
