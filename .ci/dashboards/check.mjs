// check.mjs MODULES DIR DASHBOARD... writes into DIR a program that assigns each dashboard to the types that Grafana itself is
// generated from, with the options of its kind of panel. tsc then finds unknown keys, missing ones and wrong values.
import { readFileSync, writeFileSync } from "node:fs";

const [modules, dir, ...dashboards] = process.argv.slice(2);
const types = `${modules}/@grafana/schema/dist/types`;

// Literals of JSON do not fit enums, so each becomes the union of its values.
function literal(text) {
  return text
    .replace(/export declare enum (\w+) \{([^}]*)\}/g, (_, name, body) => {
      const values = [...body.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/=\s*("[^"]*"|-?\d+)/g)];
      return `export type ${name} = ${values.map((m) => m[1]).join(" | ")};`;
    })
    .replace(/(type: MappingType)\.\w+/g, "$1")
    .replace(/export declare const [^;]*;/g, "");
}

function copy(from, to) {
  writeFileSync(`${dir}/${to}.d.ts`, literal(readFileSync(`${types}/${from}.d.ts`, "utf8")).replaceAll("'@grafana/schema'", "'./common'"));
}

copy("common/common.gen", "common");
copy("raw/dashboard/x/types.gen", "dashboard");
const kinds = ["timeseries", "stat", "heatmap", "logs"];
for (const kind of kinds) copy(`raw/composable/${kind}/panelcfg/x/types.gen`, kind);

const fields = { timeseries: "timeseries.FieldConfig", heatmap: "heatmap.FieldConfig" };
writeFileSync(`${dir}/panels.d.ts`, `
import type * as dashboard from "./dashboard";
${kinds.map((kind) => `import type * as ${kind} from "./${kind}";`).join("\n")}
interface Target { refId: string; expr: string; legendFormat?: string; format?: "time_series" | "table" | "heatmap"; }
interface Override<Custom> {
  matcher: { id: "byName" | "byRegexp"; options: string };
  properties: Array<{ id: \`custom.\${keyof Custom & string}\` | keyof dashboard.FieldConfig; value: any }>;
}
interface Panel<Kind, Options, Custom> {
  id: number; type: Kind; title: string; description: string;
  gridPos: dashboard.GridPos;
  datasource: { type: "prometheus"; uid: "\${datasource}" } | { type: "loki"; uid: "\${loki}" };
  fieldConfig?: { defaults: Omit<dashboard.FieldConfig, "custom"> & { custom?: Custom }; overrides: Array<Override<Custom>> };
  options?: Partial<Options>; // Grafana merges them into the defaults of the panel
  targets: Array<Target>;
}
type Row = dashboard.RowPanel & { title: string; gridPos: dashboard.GridPos };
type Variable = dashboard.VariableModel & { name: string; label: string };
export type Dashboard = Omit<dashboard.Dashboard, "panels" | "templating"> & {
  uid: string; title: string; description: string;
  templating: { list: Array<Variable> };
  panels: Array<Row | ${kinds.map((kind) => `Panel<"${kind}", ${kind}.Options, ${fields[kind] ?? "{}"}>`).join(" | ")}>;
};
`);
dashboards.forEach((file, i) =>
  writeFileSync(`${dir}/dashboard${i}.ts`, `import type { Dashboard } from "./panels";
// ${file}
export const dashboard: Dashboard = ${readFileSync(file, "utf8").trim()};
`));
