/** The page's entry: connects its parts, and draws it. */
import { render } from 'preact'
import { createApiClient } from '../api-client.ts'
import { runFeed } from '../race-feed.ts'
import { createStore } from '../store.ts'
import { App } from './app.tsx'
import { applyTheme, readTheme } from './theme.ts'
import { createTokenKeeper } from './token.ts'

/** A page may be open for weeks: each call takes its listener away again. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })

applyTheme(readTheme())
const store = createStore(draw => void requestAnimationFrame(draw))
const token = createTokenKeeper()
const api = createApiClient((url, init) => fetch(url, init), token.read)
const place = document.querySelector('#app')
if (place) render(<App store={store} api={api} token={token} />, place)

const over = new AbortController()
addEventListener('pagehide', () => over.abort())
// A page that the browser kept and shows again has ended its connection.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
void runFeed(
  {
    api,
    store,
    now: () => Date.now(),
    random: () => Math.random(),
    sleep,
    nextToken: token.next,
    isWatched: () => document.visibilityState === 'visible',
  },
  over.signal,
)
