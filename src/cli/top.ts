import type { Clock } from '../core/clock.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import type { AdminClient } from './admin-client.ts'
import { EXIT_DONE, switchOf, usesColour } from './command.ts'
import { requireAdmin } from './daemon-address.ts'
import { askConnections, askRaces, askStatus } from './daemon-answers.ts'
import { drawSnapshot } from './top/draw.ts'
import { POLL_MS } from './top/follow-daemon.ts'
import { runTop } from './top/run-top.ts'
import { EMPTY, withConnections, withRaces, withStatus } from './top/top-state.ts'
import { FIRST_VIEW } from './top/view.ts'
import type { Arguments, CliIo } from './types.ts'

/** Of a snapshot. */
const RACES = 20
const CONNECTIONS = 20
/** Of an output that is no terminal. */
const COLUMNS = 100

const snapshot = async (client: AdminClient, columns = COLUMNS): Promise<string> => {
  const [status, races, { connections, total }] = await Promise.all([
    askStatus(client),
    askRaces(client, RACES),
    askConnections(client, CONNECTIONS),
  ])
  const empty = EMPTY(client.where())
  const known = withRaces(withStatus(empty, status), races.toReversed())
  return drawSnapshot(withConnections(known, connections, total), FIRST_VIEW, columns)
}

/** One status object a second, until the reader leaves. */
const printStatus = async (
  client: AdminClient,
  { stdout, stderr }: CliIo,
  clock: Pick<Clock, 'after'>,
): Promise<void> => {
  let failure = ''
  while (stdout.isOpen()) {
    await new Promise<void>(resolve => clock.after(POLL_MS, resolve))
    try {
      stdout.write(`${JSON.stringify(await askStatus(client))}\n`)
      failure = ''
    } catch (error) {
      const { message } = error as Error
      if (message !== failure) stderr.write(`eyeballd: ${message}; trying again\n`)
      failure = message
    }
  }
}

/** `eyeballd top`: a running daemon, live on a terminal; returns 1 if it does not answer at the start. */
export const top = async (
  args: Arguments,
  io: CliIo,
  clock: Pick<Clock, 'after'> = createRealClock(),
): Promise<number> => {
  const { addresses, token } = await requireAdmin(args, io)
  const client = await io.openAdmin(addresses, token)
  const isOnce = switchOf(args, 'once') === true
  if (switchOf(args, 'json') === true) {
    io.stdout.write(`${JSON.stringify(await askStatus(client))}\n`)
    if (!isOnce) await printStatus(client, io, clock)
  } else if (isOnce || !io.stdout.isTTY || io.env.TERM === 'dumb') {
    io.stdout.write(await snapshot(client, io.stdout.columns))
  } else {
    const { openTerminal } = io
    const color = usesColour(io.stdout, io.env)
    const signal = await runTop({ client, clock, openTerminal, color })
    if (signal !== null) await io.endBy(signal)
  }
  return EXIT_DONE
}
