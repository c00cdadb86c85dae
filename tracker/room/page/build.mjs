// Builds the page into ./built: one script with chunks loaded when needed, one style sheet, the base map; every name has a digest of what it names.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const made = join(here, "built.new");
const out = join(here, "built");
rmSync(made, { recursive: true, force: true });
mkdirSync(made, { recursive: true });

function digest(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}

function put(stem, suffix, content) {
  const name = `${stem}-${digest(content)}${suffix}`;
  writeFileSync(join(made, name), content);
  return `/assets/${name}`;
}

// a country of the base map has its outline and its name; nothing else of the data is needed
const baseMap = put("base", ".json", readFileSync(join(here, "node_modules/world-atlas/countries-50m.json")));
const icon = put("icon", ".svg", readFileSync(join(here, "src/icon.svg")));
const done = await build({
  absWorkingDir: here,
  entryPoints: { main: "src/main.ts", styles: "src/styles.css" },
  outdir: made,
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  target: "es2022",
  legalComments: "none",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  publicPath: "/assets",
  define: { BASE_MAP_ADDRESS: JSON.stringify(baseMap) },
  metafile: true,
  logLevel: "warning",
});
const named = Object.entries(done.metafile.outputs).map(([path, told]) => [path.split("/").pop(), told.entryPoint]);
const of = (entry) => `/assets/${named.find(([, point]) => point === entry)[0]}`;
const index = readFileSync(join(here, "src/index.html"), "utf8")
  .replaceAll("{script}", of("src/main.ts"))
  .replaceAll("{styles}", of("src/styles.css"))
  .replaceAll("{icon}", icon);
writeFileSync(join(made, "index.html"), index);
for (const path of [...named.map(([name]) => name), baseMap.split("/").pop()]) {
  writeFileSync(join(made, `${path}.gz`), gzipSync(readFileSync(join(made, path)), { level: 9 }));
}
rmSync(out, { recursive: true, force: true });
renameSync(made, out);
