import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { formatCount, formatMoment, formatMs, formatNoun, formatShare } from '../format.ts'
import type { WinsBucket } from '../plot-data.ts'
import { connectTimes, quantile, sortedValues, winsByTime } from '../plot-data.ts'
import type { DashboardState } from '../state.ts'
import { usePage } from './page-context.ts'
import { timesOptions, winsOptions } from './plot-options.ts'
import { Plot } from './plot.tsx'

const BUCKETS = 60

/** Plots are drawn less often than lists: with 10,000 points each takes some milliseconds. */
const REFRESH_MS = 1000

/** The state, renewed once a second unless the page is paused or hidden. */
const useSlowState = (): { readonly state: DashboardState; readonly now: number } => {
  const { store, isPaused } = usePage()
  const [shown, setShown] = useState(() => ({ state: store.state(), now: Date.now() }))
  useEffect(() => {
    if (isPaused) return undefined
    const read = (): void => {
      if (document.visibilityState === 'visible')
        setShown({ state: store.state(), now: Date.now() })
    }
    read()
    const timer = setInterval(read, REFRESH_MS)
    return () => clearInterval(timer)
  }, [store, isPaused])
  return shown
}

const sum = (buckets: readonly WinsBucket[], name: 'v6' | 'v4' | 'failed' | 'hidden'): number =>
  buckets.reduce((total, bucket) => total + bucket[name], 0)

type FigureProps = {
  readonly title: string
  readonly text: string
  readonly plot: ComponentChildren
  readonly children: ComponentChildren
}

const Figure = ({ title, text, plot, children }: FigureProps): JSX.Element => (
  <figure class="card">
    <figcaption>
      <h3>{title}</h3>
      <p class="note">{text}</p>
    </figcaption>
    {plot}
    <details class="numbers">
      <summary>
        Numbers<span class="hidden-text"> of {title.toLowerCase()}</span>
      </summary>
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label={`Numbers of ${title.toLowerCase()}`}
      >
        {children}
      </div>
    </details>
  </figure>
)

const WinsTable = ({ buckets }: { readonly buckets: readonly WinsBucket[] }): JSX.Element => (
  <table>
    <caption class="hidden-text">Races by the time of their end, newest first</caption>
    <thead>
      <tr>
        {['From', 'IPv6', 'IPv4', 'Failed', 'Hidden failures'].map(name => (
          <th key={name} scope="col" class="number">
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {buckets
        .filter(({ v6, v4, failed }) => v6 + v4 + failed > 0)
        .toReversed()
        .map(({ from, v6, v4, failed, hidden }) => (
          <tr key={from}>
            <th scope="row" class="number">
              {formatMoment(from, Date.now())}
            </th>
            {[v6, v4, failed, hidden].map((count, i) => (
              <td key={i} class="number">
                {formatCount(count)}
              </td>
            ))}
          </tr>
        ))}
    </tbody>
  </table>
)

const SHARES = [
  ['Half', 0.5],
  ['90 %', 0.9],
  ['99 %', 0.99],
  ['All', 1],
] as const

/** Sorted. */
type TimesProps = { readonly v6: readonly number[]; readonly v4: readonly number[] }

const TimesTable = ({ v6, v4 }: TimesProps): JSX.Element => (
  <table>
    <caption class="hidden-text">Time within which so many races were won</caption>
    <thead>
      <tr>
        {['Races', 'IPv6', 'IPv4'].map(name => (
          <th key={name} scope="col" class="number">
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {SHARES.map(([name, share]) => (
        <tr key={name}>
          <th scope="row" class="number">
            {name}
          </th>
          {[v6, v4].map((sorted, i) => {
            const ms = quantile(sorted, share)
            return (
              <td key={i} class="number">
                {ms === null ? '–' : formatMs(ms)}
              </td>
            )
          })}
        </tr>
      ))}
    </tbody>
  </table>
)

const median = (name: string, sorted: readonly number[]): string => {
  const [half, most] = [quantile(sorted, 0.5), quantile(sorted, 0.95)]
  return half === null || most === null
    ? `${name} won no race`
    : `${name} median ${formatMs(half)}, 95 % within ${formatMs(most)}`
}

const medians = (v6: readonly number[], v4: readonly number[]): string =>
  v6.length + v4.length === 0
    ? 'No race was won yet.'
    : `${median('IPv6', v6)}; ${median('IPv4', v4)}.`

/** Who wins by family over time, and how long it takes. */
export const Plots = (): JSX.Element => {
  const { state, now } = useSlowState()
  const { races, skewMs } = state
  const buckets = useMemo(() => winsByTime(races, now + skewMs, BUCKETS), [races, now, skewMs])
  const times = useMemo(() => connectTimes(races), [races])
  const [sorted6, sorted4] = useMemo(
    () => [sortedValues(times.v6), sortedValues(times.v4)],
    [times],
  )
  const [v6, v4, failed, hidden] = (['v6', 'v4', 'failed', 'hidden'] as const).map(name =>
    sum(buckets, name),
  ) as [number, number, number, number]
  const winsData = useMemo(
    (): uPlot.AlignedData => [
      buckets.map(({ from }) => from / 1000),
      buckets.map(bucket => bucket.v6 + bucket.v4 + bucket.failed),
      buckets.map(bucket => bucket.v6 + bucket.v4),
      buckets.map(bucket => bucket.v6),
    ],
    [buckets],
  )
  const timesData = useMemo(
    // Points without a value at both ends: both plots show the same time.
    (): uPlot.AlignedData => [
      // A race may have ended a little after what the page takes for the daemon's time.
      [
        (buckets[0]?.from ?? now) / 1000,
        ...times.at,
        Math.max((now + skewMs) / 1000, times.at.at(-1) ?? 0),
      ],
      [null, ...times.v6, null],
      [null, ...times.v4, null],
    ],
    [buckets, times, now, skewMs],
  )
  const wins =
    races.length === 0
      ? 'No race yet.'
      : `IPv6 won ${formatCount(v6)} (${formatShare(v6, v6 + v4)}), ` +
        `IPv4 ${formatCount(v4)} (${formatShare(v4, v6 + v4)}), ${formatCount(failed)} failed, ` +
        `${formatNoun(hidden, 'hidden failure')}, of the last ${formatNoun(races.length, 'race')}.`
  return (
    <section class="pair" aria-labelledby="plots-title">
      <h2 id="plots-title" class="hidden-text">
        Over time
      </h2>
      <Figure
        title="Races by winner"
        text={wins}
        plot={<Plot options={winsOptions} data={winsData} />}
      >
        <WinsTable buckets={buckets} />
      </Figure>
      <Figure
        title="Connect times"
        text={medians(sorted6, sorted4)}
        plot={<Plot options={timesOptions} data={timesData} />}
      >
        <TimesTable v6={sorted6} v4={sorted4} />
      </Figure>
    </section>
  )
}
