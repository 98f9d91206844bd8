import uPlot from 'uplot'
import { formatClock, formatDay, formatMoment, formatMs } from '../format.ts'
import type { Colours } from './colours.ts'
import type { PlotOptions } from './plot.tsx'
import { remPx } from './rem-px.ts'

const axisOf = ({ muted, line }: Colours): uPlot.Axis => ({
  stroke: muted,
  font: `${remPx(0.6875)}px system-ui, sans-serif`,
  grid: { stroke: line, width: 1 },
  ticks: { show: false },
  gap: 4,
})

/** The time without seconds that are 0; the day at its begin. */
const timeLabel = (seconds: number): string => {
  const clock = formatClock(seconds * 1000)
  if (clock === '00:00:00') return formatDay(seconds * 1000)
  return clock.slice(0, clock.endsWith(':00') ? 5 : 8)
}

const timeAxis = (colours: Colours): uPlot.Axis => ({
  ...axisOf(colours),
  grid: { show: false },
  // The lowest number of the other axis ends there.
  gap: remPx(0.5),
  size: remPx(1.875),
  space: remPx(4.5),
  values: (_, seconds) => seconds.map(timeLabel),
})

const base = { cursor: { drag: { x: false, y: false }, y: false }, legend: { show: true } } as const

/** The legend's text for the value at the pointer. */
const shown =
  (format: (value: number) => string): uPlot.Series.Value =>
  (_, value: number | null) =>
    value === null ? '' : format(value)

const X: uPlot.Series = {
  label: 'Time',
  value: shown(seconds => formatMoment(seconds * 1000, Date.now())),
}

/** Stacked values are sums from the bottom: the legend shows what one series adds to the one below it. */
const ownCount =
  (below: number | null): uPlot.Series.Value =>
  (plot, sum, series, place) => {
    if (place === null) return ''
    const under = below === null ? 0 : (plot.data[below]?.[place] ?? 0)
    return String((plot.data[series]?.[place] ?? sum) - under)
  }

const bars = uPlot.paths.bars?.({ size: [0.8, 48], align: 1, gap: 1 })

/** Wins by family: bars that stand on each other, the whole first, so that the later ones are drawn over it. */
export const winsOptions: PlotOptions = colours => {
  const bar = (label: string, colour: string, below: number | null): uPlot.Series => ({
    label,
    fill: colour,
    stroke: colour,
    width: 0,
    points: { show: false },
    value: ownCount(below),
    ...(bars ? { paths: bars } : {}),
  })
  return {
    ...base,
    scales: {
      x: { time: true },
      y: { range: (_, __, max: number | null) => [0, Math.max(4, (max ?? 0) * 1.1)] },
    },
    axes: [
      timeAxis(colours),
      {
        ...axisOf(colours),
        size: remPx(2.5),
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000],
      },
    ],
    series: [
      X,
      bar('Failed', colours.failed, 2),
      bar('IPv4', colours.v4, 3),
      bar('IPv6', colours.v6, null),
    ],
  }
}

/** uPlot's number for a logarithmic scale. */
const LOG = 3

const powersBetween = (min: number, max: number): number[] => {
  const first = Math.round(Math.log10(min))
  const last = Math.round(Math.log10(max))
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i))
}

/** The powers of ten around these times, at least 1 ms and 1 s. */
const powersAround = (min: number, max: number): [number, number] => [
  10 ** Math.min(0, Math.floor(Math.log10(min))),
  10 ** Math.max(3, Math.ceil(Math.log10(max))),
]

/** Connect times as points: filled ones are IPv6, rings are IPv4. */
export const timesOptions: PlotOptions = colours => {
  const points = (label: string, colour: string, isFilled: boolean): uPlot.Series => ({
    label,
    stroke: colour,
    // Of the legend's mark; there is no line with an area below it.
    fill: isFilled ? colour : colours.surface,
    paths: () => null,
    points: {
      show: true,
      size: isFilled ? 5 : 6,
      width: 1.25,
      stroke: colour,
      fill: isFilled ? colour : colours.surface,
    },
    value: shown(formatMs),
  })
  return {
    ...base,
    scales: {
      x: { time: true },
      y: {
        distr: LOG,
        range: (_, min: number | null, max: number | null) => powersAround(min ?? 1, max ?? 1),
      },
    },
    axes: [
      timeAxis(colours),
      {
        ...axisOf(colours),
        size: remPx(3.25),
        splits: (_, __, min, max) => powersBetween(min, max),
        // uPlot leaves out some of many, as null.
        filter: (_, splits) => splits,
        values: (_, times) => times.map(ms => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)),
      },
    ],
    series: [X, points('IPv6', colours.v6, true), points('IPv4', colours.v4, false)],
  }
}
