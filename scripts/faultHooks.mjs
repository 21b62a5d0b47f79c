// Loads the program once for each fault: an import from src/ with `?fault=ID` gets modules of its
// own, as built in dist/ but for the one that the fault changes, which is transpiled from src/ as
// the fault has it. Run after npm run build.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const src = new URL("../src/", import.meta.url);
const dist = new URL("../dist/", import.meta.url);
const ts = createRequire(import.meta.url)("typescript");
const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
const faults = new Map();
for (const fault of JSON.parse(readFileSync(new URL("testing/faults.json", src), "utf8"))) faults.set(fault.id, fault);

export async function resolve(specifier, context, next) {
  const { parentURL } = context;
  const ours = specifier.startsWith(".") && parentURL?.startsWith(src.href);
  if (!ours) return next(specifier, context);
  const url = new URL(specifier.replace(/\.js$/, ".ts"), parentURL);
  url.search = new URL(parentURL).search;
  return { url: url.href, format: "module", shortCircuit: true };
}

export async function load(address, context, next) {
  if (!address.startsWith(src.href)) return next(address, context);
  const url = new URL(address);
  const fault = faults.get(url.searchParams.get("fault"));
  const path = url.pathname.slice(src.pathname.length);
  return { format: "module", shortCircuit: true, source: sourceOf(path, fault) };
}

function sourceOf(path, fault) {
  if (fault?.file === path) return javascript(faulty(fault, read(new URL(path, src))));
  // What only tests need is not built.
  if (path.startsWith("testing/")) return javascript(read(new URL(path, src)));
  return read(new URL(path.replace(/\.ts$/, ".js"), dist));
}

function faulty({ id, find, replace }, text) {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`fault ${id}: its text stands ${parts.length - 1} times in the source`);
  return parts.join(replace);
}

const read = (url) => readFileSync(fileURLToPath(url), "utf8");
const javascript = (text) => ts.transpileModule(text, { compilerOptions: options }).outputText;
