import type { Clock } from '../../core/clock.ts'
import type { AdminClient } from '../admin-client.ts'
import { askStatus } from '../daemon-answers.ts'
import { withinList } from './draw-lists.ts'
import { drawScreen } from './draw.ts'
import { followDaemon } from './follow-daemon.ts'
import type { Terminal, TerminalEvents } from './terminal.ts'
import type { TopState } from './top-state.ts'
import { EMPTY, withStatus } from './top-state.ts'
import { FIRST_VIEW, keysOf, press } from './view.ts'

/** Between two drawings: a burst of races costs few of them. */
const DRAW_MS = 100

/** Each line in its place, and the rest of it erased (ECMA-48 sections 8.3.21 and 8.3.41). */
const frame = (lines: readonly string[]): string =>
  lines.map((line, i) => `\u001b[${i + 1};1H${line}\u001b[K`).join('')

/**
 * The screen of `eyeballd top`, until a key or a signal ends it.
 *
 * @returns the signal; null for a key. It rejects, before the terminal is taken, if the daemon cannot be
 *   asked
 */
export const runTop = async ({
  client,
  clock,
  openTerminal,
  color,
}: {
  readonly client: AdminClient
  readonly clock: Pick<Clock, 'after'>
  readonly openTerminal: (events: TerminalEvents) => Terminal
  readonly color: boolean
}): Promise<NodeJS.Signals | null> => {
  const status = await askStatus(client)
  const ending = new AbortController()
  let ended: NodeJS.Signals | null = null
  let state: TopState = withStatus(EMPTY(client.where()), status)
  /** What is drawn while it is paused. */
  let shown = state
  let view = FIRST_VIEW
  let cancelDraw: (() => void) | undefined

  const draw = (): void => {
    cancelDraw?.()
    cancelDraw = undefined
    if (!view.isPaused) shown = state
    terminal.write(frame(drawScreen(shown, view, terminal.size(), color)))
  }
  const drawSoon = (): void => {
    cancelDraw ??= clock.after(DRAW_MS, draw)
  }
  const end = (signal: NodeJS.Signals | null): void => {
    ended = signal
    ending.abort()
  }

  const terminal = openTerminal({
    input: text => {
      for (const key of keysOf(text)) {
        const next = press(view, key)
        if (next === 'quit') return end(null)
        if (next === 'suspend') terminal.suspend()
        else view = withinList(shown, next)
      }
      draw()
    },
    changed: draw,
    signal: end,
  })
  try {
    draw()
    await followDaemon({
      client,
      clock,
      first: state,
      signal: ending.signal,
      change: next => {
        state = { ...next, where: client.where() }
        drawSoon()
      },
    })
  } finally {
    ending.abort()
    cancelDraw?.()
    terminal.close()
  }
  return ended
}
