// The charts of the report, as files beside it: one for each color scheme.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dot, type DotChart, dotChart } from './dot-chart.ts';
import { lineChart, type Panel } from './line-chart.ts';
import type { SuiteResult } from './results.ts';
import { type Duel, duelsOf, PEERS } from './summary.ts';
import { SCHEMES, type Scheme } from './svg.ts';
import { formatRatio } from './units.ts';

/** A chart by the name of its files. */
export interface Chart {
  name: string;
  /** What it shows, for those who do not see it. */
  alt: string;
  draw(scheme: Scheme): string;
}

export const SUMMARY = 'summary';

/** Returns the summary, and the charts of each suite. */
export function chartsOf(results: SuiteResult[]): Chart[] {
  const duels = duelsOf(results);
  const charts = duels.length > 0 ? [summaryChart(duels)] : [];
  for (const result of results) charts.push(...suiteCharts(result));
  return charts;
}

export function suiteCharts(result: SuiteResult): Chart[] {
  const duels = duelsOf([result]);
  const panels = panelsOf(result);
  return [
    ...(panels.length > 0 ? [growthChart(result.suite, panels)] : []),
    ...(duels.length > 0 ? [speedChart(result.suite, duels)] : []),
  ];
}

function summaryChart(duels: Duel[]): Chart {
  const rows = PEERS.map((name, index) => {
    const own = duels.filter(({ peer }) => peer === index);
    return { name: `${name} (${own.length} cases)`, dots: own.map((duel) => ({ ...dotOf(duel), speed: point(duel) })) };
  });
  const chart = {
    title: 'How many times as fast KohakuVault is as each peer; a mark is a case',
    rows: rows.filter(({ dots }) => dots.length > 0),
    series: [],
  };
  return dots(SUMMARY, chart, 'The speed-up over each peer, a mark for each case. The table below has the figures.');
}

function speedChart(suite: string, duels: Duel[]): Chart {
  const names = [...new Set(duels.map((duel) => duel.case.name))];
  const chart = {
    title: `${suite}: how many times as fast KohakuVault is, with the range over the rounds`,
    rows: names.map((name) => ({ name, dots: duels.filter((duel) => duel.case.name === name).map(dotOf) })),
    series: [...PEERS],
  };
  return dots(suite, chart, `${suite}: the speed-up over each peer in each case. The table below has the figures.`);
}

function dots(name: string, chart: DotChart, alt: string): Chart {
  return { name, alt, draw: (scheme) => dotChart(chart, scheme) };
}

function dotOf({ peer, speed, case: { name }, contender }: Duel): Dot {
  return { series: peer, speed, tip: `${name}: ${formatRatio(speed.median)} as fast as ${contender}` };
}

/** Among many cases the ranges would hide each other. */
function point({ speed: { median } }: Duel) {
  return { median, min: median, max: median };
}

/** What the lines of growth are about: the peers look the same in all charts, and ours comes after them. */
const OURS = 'kohakuvault';
const LINES = [...PEERS, OURS];

function panelsOf({ cases }: SuiteResult): Panel[] {
  const panels = new Map<string, Panel>();
  for (const { growth, unit, contenders } of cases) {
    if (!growth) continue;
    const panel = panels.get(growth.of) ?? { name: growth.of, unit, lines: [] };
    panels.set(growth.of, panel);
    for (const { name, spread } of contenders) {
      // Ours at another size, which a budget compares with, is not a line.
      const series = LINES.findIndex((each) => (each === OURS ? name === OURS : name.includes(each)));
      if (series < 0 || !spread) continue;
      const found = panel.lines.find((line) => line.series === series);
      if (found) found.points.push([growth.size, spread.median]);
      else panel.lines.push({ series, points: [[growth.size, spread.median]] });
    }
  }
  return [...panels.values()].filter(({ lines }) => lines.some(({ points }) => points.length > 1));
}

function growthChart(suite: string, panels: Panel[]): Chart {
  const chart = { title: `${suite}: the cost of an operation by size; flat is best`, panels, series: LINES };
  return {
    name: `${suite}-by-size`,
    alt: `${suite}: how the cost of each operation grows with size. The table below has the figures.`,
    draw: (scheme) => lineChart(chart, scheme),
  };
}

/** Writes the files of all charts into a folder, and removes those of charts that there are no more. */
export function writeCharts(folder: string, charts: Chart[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) rmSync(join(folder, name));
  for (const chart of charts) {
    for (const [scheme, colors] of Object.entries(SCHEMES)) {
      writeFileSync(join(folder, `${chart.name}-${scheme}.svg`), chart.draw(colors));
    }
  }
}

/** Returns the HTML that shows a chart in the scheme of the page; `folder` is relative to the page. */
export function pictureOf({ name, alt }: Chart, folder: string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-dark.svg">`,
    `  <img src="${folder}/${name}-light.svg" alt="${alt}">`,
    '</picture>',
  ].join('\n');
}
