import type { JSX } from 'preact'
import type { ShownOutcome } from '../race-outcome.ts'

const PATHS = {
  won: 'M3 8.5 6.5 12 13 4.5',
  hidden: 'M8 2.5 14.5 13.5H1.5ZM8 6.5v3.5M8 11.8v.4',
  failed: 'M4 4l8 8M12 4l-8 8',
  aborted: 'M3.5 8h9',
  open: 'M6 3.5 10.5 8 6 12.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  resume: 'M5 3.5 12.5 8 5 12.5Z',
} as const satisfies Record<ShownOutcome | 'open' | 'pause' | 'resume', string>

/** An icon beside a text that says the same. */
export const Icon = ({ name }: { readonly name: keyof typeof PATHS }): JSX.Element => (
  <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
)

/** The mark of the page: an eye. */
export const Mark = (): JSX.Element => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path class="mark-lid" d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12Z" />
    <circle class="mark-iris" cx="12" cy="12" r="3.6" />
  </svg>
)
