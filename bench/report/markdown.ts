import { show, spread } from "../harness/statistics.ts";
import type { Results } from "./results.ts";
import type { Goal, Section, Table } from "./section.ts";

/** Everything that was measured, as one page. */
export function renderPage(results: Results): string {
  const sections = Object.values(results.sections);
  const lines = [
    "# Measurements",
    "",
    "Written by `bun run bench`. Peer and product alternate within one run; figures are medians unless said otherwise.",
    "Times move from machine to machine and from hour to hour: compare the ratios.",
    "",
    ...renderMachine(results),
    "",
    "![Measurements](chart.svg)",
    "",
    "## Goals",
    "",
    ...renderGoals(sections.flatMap((measured) => measured.section.goals)),
  ];
  for (const [name, { section, date, load }] of Object.entries(results.sections)) {
    lines.push("", `## ${section.title}`, "", `${section.method} Alone: \`bun run bench ${name}\`.`, "");
    for (const table of section.tables) lines.push(`**${table.title}**`, "", ...renderTable(table), "");
    lines.push(...renderSpread(section));
    for (const absence of section.absent) lines.push(`Absent: ${absence}.  `);
    lines.push(`Measured ${date}; load average before it ${load}.`);
  }
  return `${lines.join("\n")}\n`;
}

/** What the README shows: the chart and the first table of the first section. */
export function renderDigest(results: Results): string {
  const [first] = Object.values(results.sections);
  const lines = ["![Measurements](bench/chart.svg)", "", ...renderMachine(results)];
  for (const table of first?.section.tables.slice(0, 1) ?? []) {
    lines.push("", `**${table.title}**`, "", ...renderTable(table));
  }
  return lines.join("\n");
}

/** What docs/performance.md shows: the chart, the further tables of the first section, and every goal. */
export function renderGoalsDigest(results: Results): string {
  const sections = Object.values(results.sections);
  const [first] = sections;
  const lines = ["![Measurements](../bench/chart.svg)", "", ...renderMachine(results), ""];
  for (const table of first?.section.tables.slice(1) ?? []) {
    lines.push(`**${table.title}**`, "", ...renderTable(table), "");
  }
  lines.push(...renderGoals(sections.flatMap((measured) => measured.section.goals)));
  lines.push("", "Every table: [bench/results.md](../bench/results.md). To measure again: `bun run bench`.");
  return lines.join("\n");
}

export function renderSection(section: Section): string {
  const lines = [`## ${section.title}`, "", section.method, ""];
  for (const table of section.tables) lines.push(`**${table.title}**`, "", ...renderTable(table), "");
  lines.push(...renderSpread(section));
  for (const absence of section.absent) lines.push(`Absent: ${absence}.  `);
  lines.push(...renderGoals(section.goals));
  return `${lines.join("\n")}\n`;
}

function renderSpread({ figures }: Section): string[] {
  if (figures.length === 0) return [];
  const rows = figures.map(({ name, unit, values }) => {
    const { median, low, high } = spread(values);
    return [name, `${show(median)} ${unit}`, `${show(low)} to ${show(high)}`, String(values.length)];
  });
  const title = "Spread: where the middle half of the measurements lies";
  return [`**${title}**`, "", ...renderTable({ title, columns: ["", "median", "half", "measurements"], rows }), ""];
}

function renderMachine(results: Results): string[] {
  const { machine } = results;
  return [
    `${machine.processors}, ${machine.system}; ${machine.pinning}.  `,
    `${machine.versions.join(", ")}; ${machine.date}.`,
  ];
}

function renderGoals(goals: readonly Goal[]): string[] {
  if (goals.length === 0) return [];
  return renderTable({
    title: "Goals",
    columns: ["goal", "measured", "met", "reason"],
    rows: goals.map(({ goal, measured, met, reason }) => [
      goal,
      measured,
      met ? "met" : "**not met**",
      met ? "" : reason,
    ]),
  });
}

function renderTable(table: Table): string[] {
  return [renderRow(table.columns), renderRow(table.columns.map(() => "---")), ...table.rows.map(renderRow)];
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
