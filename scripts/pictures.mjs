// Writes the pictures of the documentation from today's counts, after a build: node
// scripts/pictures.mjs
import { writeFileSync } from "node:fs";
import { readmePictures } from "../dist/report/html/pictures.js";

for (const { file, svg } of await readmePictures()) {
  writeFileSync(new URL(`../docs/${file}`, import.meta.url), svg);
  console.log(`docs/${file}`);
}
