import type { JSX } from 'preact'
import type { RaceEntry } from '../../admin/api.ts'
import { formatMs } from '../format.ts'
import type { Bar } from '../waterfall.ts'
import { waterfallOf } from '../waterfall.ts'

const classOf = ({ kind, end, family }: Bar): string => `bar bar-${kind} bar-${end} v${family}`

/** The lookups and attempts of a race, drawn to scale; the texts beside the bars say the same. */
export const Waterfall = ({ race }: { readonly race: RaceEntry }): JSX.Element => {
  const { totalMs, ticks, bars } = waterfallOf(race)
  return (
    <div class="waterfall">
      <div class="ticks" aria-hidden="true">
        {ticks.map(({ label, left }) => (
          <span
            key={label}
            class={left > 90 ? 'tick tick-end' : 'tick'}
            style={{ left: `${left}%` }}
          >
            {label}
          </span>
        ))}
      </div>
      <ol>
        {bars.map((bar, i) => (
          <li key={i}>
            <span class="what">
              {bar.label}
              {bar.isDemoted && <span class="tag">demoted</span>}
            </span>
            <span class="track" aria-hidden="true">
              {ticks.map(({ label, left }) => (
                <span key={label} class="rule" style={{ left: `${left}%` }} />
              ))}
              <span class={classOf(bar)} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />
            </span>
            <span class="took">
              <span class="hidden-text">from {formatMs(bar.startMs)}, took </span>
              {formatMs(bar.tookMs ?? Math.max(0, totalMs - bar.startMs))}
            </span>
            <span class={`result result-${bar.end}`}>{bar.result}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

const LINE = 5
const LINES_MIN = 4
const LINES_MAX = 8
const WIDTH_MIN = 1

/** The same as a picture of a few lines, without texts. */
export const SmallWaterfall = ({ race }: { readonly race: RaceEntry }): JSX.Element => {
  const bars = waterfallOf(race).bars.slice(0, LINES_MAX)
  const lines = Math.max(LINES_MIN, bars.length)
  const top = ((lines - bars.length) / 2) * LINE
  return (
    <svg
      class="small"
      viewBox={`0 0 100 ${lines * LINE}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {bars.map((bar, i) => (
        <rect
          key={i}
          class={classOf(bar)}
          x={Math.min(bar.left, 100 - WIDTH_MIN)}
          y={top + i * LINE + 1}
          width={Math.max(bar.width, WIDTH_MIN)}
          height={LINE - 2}
        />
      ))}
    </svg>
  )
}
