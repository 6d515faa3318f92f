import { show } from "../harness/statistics.ts";
import type { Bar, Chart } from "./section.ts";

const columns = 2;
const panelWidth = 470;
const labelWidth = 178;
const valueWidth = 80;
const barsWidth = panelWidth - labelWidth - valueWidth - 10;
const barHeight = 14;
const rowHeight = 22;
const headHeight = 40;
const margin = 20;

/** The panels in two columns, as an SVG that follows the reader's light or dark setting. */
export function renderChart(charts: readonly Chart[]): string {
  const rows: Chart[][] = [];
  for (let index = 0; index < charts.length; index += columns) rows.push(charts.slice(index, index + columns));
  let top = margin;
  const panels: string[] = [];
  for (const row of rows) {
    for (const [column, chart] of row.entries()) {
      panels.push(
        `<g transform="translate(${margin + column * (panelWidth + margin)} ${top})">${renderPanel(chart)}</g>`,
      );
    }
    top += Math.max(...row.map((chart) => headHeight + chart.bars.length * rowHeight)) + margin;
  }
  const width = margin + columns * (panelWidth + margin);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-label="hotswap beside its peers; shorter bars are better">
<style>
.card { fill: #ffffff; stroke: #d0d7de; }
text { font: 13px ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note, .value { fill: #59636e; font-size: 12px; }
.bar { fill: #9aa4af; }
.ours { fill: #d9480f; }
text.ours { fill: #b93c0a; font-weight: 600; }
@media (prefers-color-scheme: dark) {
.card { fill: #151b23; stroke: #3d444d; }
text { fill: #f0f6fc; }
.note, .value { fill: #9198a1; }
.bar { fill: #6b7681; }
.ours { fill: #ff8a4c; }
text.ours { fill: #ff9d69; }
}
</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${top - 1}" rx="8"/>
${panels.join("\n")}
</svg>
`;
}

function renderPanel(chart: Chart): string {
  const bars = chart.bars.filter((bar) => bar.value > 0).toSorted((a, b) => a.value - b.value);
  const smallest = bars[0]?.value ?? 1;
  const largest = bars.at(-1)?.value ?? 1;
  // A decade below the smallest, so that the shortest bar is still seen as one.
  const low = Math.log10(smallest) - 0.5;
  const scale = barsWidth / Math.max(Math.log10(largest) - low, 1);
  const lines = bars.map((bar, index) =>
    renderBar(bar, headHeight + index * rowHeight, (Math.log10(bar.value) - low) * scale, chart.unit),
  );
  return `
<text class="title" x="0" y="14">${escape(chart.title)}</text>
<text class="note" x="0" y="30">logarithmic; shorter is better</text>
${lines.join("\n")}
`;
}

function renderBar(bar: Bar, y: number, length: number, unit: string): string {
  const text = y + barHeight - 2;
  const ours = bar.ours ? " ours" : "";
  return (
    `<text class="${ours.trim()}" x="${labelWidth - 8}" y="${text}" text-anchor="end">${escape(bar.label)}</text>` +
    `<rect class="bar${ours}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>` +
    `<text class="value" x="${(labelWidth + length + 6).toFixed(1)}" y="${text}">${escape(`${show(bar.value)} ${unit}`)}</text>`
  );
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
