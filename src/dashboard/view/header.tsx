import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { formatNoun, formatSpan } from '../format.ts'
import { linkLabel } from '../link-label.ts'
import type { DashboardState } from '../state.ts'
import { Icon, Mark } from './icons.tsx'
import { usePage, useSelected } from './page-context.ts'
import type { Theme } from './theme.ts'
import { applyTheme, readTheme } from './theme.ts'

const whole = (state: DashboardState): DashboardState => state

const THEMES: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'auto', label: 'Auto' },
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' },
]

const ThemeSwitch = (): JSX.Element => {
  const [theme, setTheme] = useState(readTheme)
  return (
    <label class="theme">
      <span class="hidden-text">Colours</span>
      <select
        value={theme}
        onChange={({ currentTarget: { value } }) => {
          const chosen = value as Theme
          setTheme(chosen)
          applyTheme(chosen)
        }}
      >
        {THEMES.map(each => (
          <option key={each.theme} value={each.theme}>
            {each.label}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The top of the page: which daemon this is, whether the page is up to date, and the page's switches. */
export const Header = ({ onPause }: { readonly onPause: () => void }): JSX.Element => {
  const { store, isPaused } = usePage()
  const state = useSelected(store, whole)
  const receivedAtPause = useSelected(store, received, isPaused)
  const { kind, text } = linkLabel(state)
  const { status, skewMs } = state
  const missed = state.received - receivedAtPause
  return (
    <header class="top">
      <div class="top-inner">
        <h1>
          <Mark />
          eyeballd
        </h1>
        {status && (
          <p class="about">
            {status.version}, {status.engine}
            <span class="wide">
              {status.processes > 1 ? `, ${status.processes} processes` : ''}, up for{' '}
              {formatSpan(Date.now() + skewMs - status.startedAt)}
            </span>
          </p>
        )}
        <p class={`link link-${kind}`} role="status" title={text}>
          <span>{text}</span>
        </p>
        <div class="switches">
          <button type="button" class={isPaused ? 'chosen' : undefined} onClick={onPause}>
            <Icon name={isPaused ? 'resume' : 'pause'} />
            {isPaused ? 'Resume' : 'Pause'}
            {isPaused && missed > 0 ? (
              <span class="count">{formatNoun(missed, 'new race')}</span>
            ) : null}
          </button>
          <ThemeSwitch />
        </div>
      </div>
    </header>
  )
}

const received = (state: DashboardState): number => state.received
