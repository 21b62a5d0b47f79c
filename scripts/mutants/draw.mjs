// The source as tsc sees it, its sites, and a draw of them that tsc does not find.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { groupBy } from "../../dist/lists.js";
import { seededRandom } from "../../dist/stats/random.js";
import { changed, sitesOf, WEIGHTS } from "./sites.mjs";

function openProject(root) {
  const overlay = new Map();
  const versions = new Map();
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const service = ts.createLanguageService({
    getScriptFileNames: () => config.fileNames,
    getScriptVersion: (file) => String(versions.get(file) ?? 0),
    getScriptSnapshot: (file) => {
      const text = overlay.get(file) ?? ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => ({ ...config.options, noUnusedLocals: false, noUnusedParameters: false }),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const put = (file, text) => {
    if (text === undefined) overlay.delete(file);
    else overlay.set(file, text);
    versions.set(file, (versions.get(file) ?? 0) + 1);
  };
  /** Of these sites, at most one a file, those that tsc lets pass. */
  const passing = (sites) => {
    for (const site of sites) put(join(root, site.file), changed(site, readFileSync(join(root, site.file), "utf8")));
    const passed = sites.filter(({ file }) => {
      const path = join(root, file);
      return service.getSyntacticDiagnostics(path).length + service.getSemanticDiagnostics(path).length === 0;
    });
    for (const { file } of sites) put(join(root, file), undefined);
    return passed;
  };
  return { program: service.getProgram(), fileNames: config.fileNames, passing };
}

/** What of src may be changed: the program itself, not its tests nor what they are made of. */
const isSubject = (name) =>
  /^src\/.*\.ts$/.test(name) && !/\.(?:test|d)\.ts$/.test(name) && !/^src\/(?:testing|e2e|browser|perf)\//.test(name);

/**
 * `src/mmu/arm64/...` is the room mmu/arm64, `src/cli/...` the room cli; files between the MMUs'
 * rooms are the room mmu.
 */
function roomOf(name) {
  const parts = name.split("/").slice(1);
  if (parts[0] !== "mmu") return parts.length > 1 ? parts[0] : "src";
  return ["arm64", "riscv", "tdp", "shadow"].includes(parts[1]) ? `mmu/${parts[1]}` : "mmu";
}

/**
 * Draws up to `perRoom` sites of each room, one a line, by kind first, and leaves out what tsc
 * finds.
 */
export function draw(root, { seed, perRoom, rooms, files }) {
  const project = openProject(root);
  const checker = project.program.getTypeChecker();
  const subjects = project.fileNames.map((path) => relative(root, path)).filter(isSubject);
  const names = subjects
    .filter(
      (name) => (rooms === undefined || rooms.includes(roomOf(name))) && (files === undefined || files.includes(name)),
    )
    .sort();
  const all = names.flatMap((name) => sitesOf(project.program.getSourceFile(join(root, name)), checker, name));
  const drawn = [];
  for (const [room, sites] of groupBy(all, ({ file }) => roomOf(file))) {
    const random = seededRandom(seed + [...room].reduce((h, c) => (Math.imul(h, 31) + c.charCodeAt(0)) | 0, 7));
    const kinds = Object.keys(WEIGHTS);
    const pools = new Map(kinds.map((kind) => [kind, sites.filter((s) => s.kind === kind)]));
    const lines = new Set();
    let left = perRoom;
    for (let tries = 0; left > 0 && tries < 40 * perRoom; tries++) {
      const open = kinds.filter((kind) => pools.get(kind).length > 0);
      if (open.length === 0) break;
      let at = random() * open.reduce((sum, kind) => sum + WEIGHTS[kind], 0);
      const kind = open.find((one) => {
        at -= WEIGHTS[one];
        return at < 0;
      });
      const pool = pools.get(kind);
      const [site] = pool.splice(Math.floor(random() * pool.length), 1);
      const line = `${site.file}:${site.line}`;
      if (lines.has(line)) continue;
      lines.add(line);
      drawn.push({ room, ...site });
      left -= 1;
    }
  }
  // One a file at a time, so that a whole program answers for many.
  const passed = [];
  let waiting = drawn;
  while (waiting.length > 0) {
    const now = [...new Map(waiting.map((site) => [site.file, site])).values()];
    passed.push(...project.passing(now));
    const done = new Set(now);
    waiting = waiting.filter((site) => !done.has(site));
  }
  passed.sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start || a.put.localeCompare(b.put));
  return {
    project: { ...project, subjects },
    sites: passed.map((site, id) => ({ id, ...site })),
    rejected: drawn.length - passed.length,
  };
}
