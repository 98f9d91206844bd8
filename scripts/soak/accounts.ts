import type { LogLine } from '../../test/fixtures/start-eyeballd.ts'

/** What the log says, added up; maps are by the text of the labels, joined by a blank. */
export type Totals = {
  /** By listener. */
  readonly accepted: Map<string, number>
  /** By outcome, and the winner's family. */
  readonly races: Map<string, number>
  /** By listener and reason; `probe` for a client that said nothing. */
  readonly rejected: Map<string, number>
  readonly closed: Map<string, number>
  readonly reloads: { good: number; bad: number }
  readonly bytes: { up: number; down: number }
  hidden: number
  dropped: number
}

export type Balance = {
  readonly accepted: number
  readonly ended: number
  /** Connections of processes that died: they have no end, and need none. */
  readonly lost: number
  /** Connections without an end. */
  readonly open: number
  /** What does not add up, each with the lines that show it. */
  readonly violations: readonly string[]
}

type Entry = {
  /** Of a connection that is open. */
  readonly lines: string[]
  readonly process: unknown
  /** A race that failed or was aborted: the end, if nothing follows. */
  failed: boolean
  ended: boolean
}

const VIOLATIONS_MAX = 20

export type Accounts = {
  readonly take: (line: LogLine, text: string) => void
  readonly totals: Totals
  /** Connections that have begun and not ended. */
  readonly open: () => number
  /** Processes that died. */
  readonly lostProcesses: () => number
  /**
   * Call it at the end of the log.
   *
   * @param killed connections that are open then were ended from outside
   */
  readonly balance: (killed?: boolean) => Balance
}

export const count = (map: Map<string, number>, key: string): void =>
  void map.set(key, (map.get(key) ?? 0) + 1)

const isFailure = ({ event, outcome }: LogLine): boolean =>
  event === 'race' && (outcome === 'failed' || outcome === 'aborted')

/** Follows every connection through the log of one run of the daemon, at level `trace`: one beginning, one end. */
export const createAccounts = (): Accounts => {
  const entries = new Map<string, Entry>()
  const violations: string[] = []
  /** Connections of which a line is missing: as many may be as lines were dropped. */
  const missing: string[] = []
  const lostProcesses = new Set<unknown>()
  let accepted = 0
  let ended = 0
  const totals: Totals = {
    accepted: new Map(),
    races: new Map(),
    rejected: new Map(),
    closed: new Map(),
    reloads: { good: 0, bad: 0 },
    bytes: { up: 0, down: 0 },
    hidden: 0,
    dropped: 0,
  }

  const violate = (what: string, lines: readonly string[]): void => {
    if (violations.length < VIOLATIONS_MAX) violations.push([what, ...lines].join('\n    '))
  }

  const add = (line: LogLine): void => {
    const { event, listener, reason, outcome, winner } = line
    const at = String(listener)
    switch (event) {
      case 'accepted':
        return count(totals.accepted, at)
      case 'race': {
        const family = (winner as { readonly family?: number } | undefined)?.family
        count(totals.races, family === undefined ? String(outcome) : `${String(outcome)} ${family}`)
        if (line['hidden'] === true) totals.hidden++
        return
      }
      case 'rejected':
        // Clients that say nothing, and health checks, are logged at a level of their own.
        return count(totals.rejected, `${at} ${line.level <= 20 ? 'probe' : String(reason)}`)
      case 'close':
        totals.bytes.up += Number(line['bytesUp'])
        totals.bytes.down += Number(line['bytesDown'])
        return count(totals.closed, String(reason))
      case 'reload':
        totals.reloads[line['error'] === undefined ? 'good' : 'bad']++
        return
      case 'dropped':
        totals.dropped += Number(line['lines'])
        return
      case 'process-lost':
        lostProcesses.add(line['process'])
        return
      default:
    }
  }

  const follow = (line: LogLine, text: string, conn: string): void => {
    const entry = entries.get(conn)
    if (line.event === 'accepted') {
      if (entry) return violate(`${conn} was accepted twice`, [...entry.lines, text])
      accepted++
      entries.set(conn, { lines: [text], process: line['process'], failed: false, ended: false })
      return
    }
    if (!entry) {
      missing.push(`${conn} was never accepted\n    ${text}`)
      follow({ ...line, event: 'accepted' }, text, conn)
      return follow(line, text, conn)
    }
    if (entry.lines.length < 8) entry.lines.push(text)
    if (entry.ended) return violate(`${conn} goes on after its end`, entry.lines)
    const isEnd = line.event === 'close' || line.event === 'rejected'
    // One client of forwarded requests may have races that fail, and others behind them.
    if (entry.failed && line['protocol'] !== 'http') {
      violate(`${conn} goes on after its race failed`, entry.lines)
    }
    entry.failed = isFailure(line)
    if (!isEnd) return
    ended++
    entry.ended = true
    entry.lines.length = 0
  }

  const unfinished = (): [string, Entry][] =>
    [...entries].filter(([, { ended: isOver, failed }]) => !isOver && !failed)

  return {
    take: (line, text) => {
      add(line)
      const { conn } = line
      if (typeof conn === 'string') follow(line, text, conn)
    },
    totals,
    open: () => unfinished().filter(([, entry]) => !lostProcesses.has(entry.process)).length,
    lostProcesses: () => lostProcesses.size,
    balance: (killed = false) => {
      const all = unfinished()
      const lost = all.filter(([, entry]) => lostProcesses.has(entry.process)).length
      const open = all.filter(([, entry]) => !lostProcesses.has(entry.process))
      const failed = [...entries.values()].filter(entry => entry.failed && !entry.ended).length
      const silent = killed ? [] : open.map(([conn, { lines }]) => [`${conn} has no end`, ...lines])
      const lacking = [...missing, ...silent.map(parts => parts.join('\n    '))]
      const found = [
        ...violations,
        ...(lacking.length > totals.dropped ? lacking.slice(0, VIOLATIONS_MAX) : []),
      ]
      const sum = ended + failed + lost + open.length
      return {
        accepted,
        ended: ended + failed,
        lost,
        open: open.length,
        violations:
          sum === accepted ? found : [...found, `${accepted} accepted, but ${sum} accounted for`],
      }
    },
  }
}
