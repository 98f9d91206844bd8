import { Corrupt } from './exchanges.ts'
import type { Need } from './targets.ts'
import { Refused } from './ways.ts'
import type { Windows } from './windows.ts'

/** What became of one client. */
export type Visit = {
  readonly kind: string
  readonly from: number
  readonly to: number
  readonly needs: readonly Need[]
  /** What the client must find: the target, a refusal, or only that its connection ends. */
  readonly expects: 'success' | 'refusal' | 'end'
  /** For people: the way and the target. */
  readonly what: string
  /** The client, as the log has it; absent if it was never connected, or by a UNIX socket. */
  readonly client?: string
  /** Absent: all went as the client wanted. */
  readonly error?: Error
}

export type Row = {
  readonly kind: string
  clients: number
  /** Went as they had to: served, or refused where the target is dead. */
  good: number
  /** Failed while a fault was at work that explains it. */
  excused: number
}

export type Ledger = {
  readonly add: (visit: Visit) => void
  readonly rows: () => readonly Row[]
  /** Clients that found what they must not find, by what is violated. */
  readonly violations: Readonly<Record<Violated, readonly Violation[]>>
  /** Connections that failed, by the fault that explains it. */
  readonly excusedBy: ReadonlyMap<string, number>
}

/** A client that found what it must not find. */
export type Violation = Pick<Visit, 'from' | 'to' | 'client'> & { readonly text: string }

type Violated = 'failed' | 'corrupt' | 'hung' | 'dead'

/** The violation that an unexpected end of a client is, if no fault explains it. */
const violatedBy = ({ expects, error }: Visit): Violated | undefined => {
  if (error instanceof Corrupt) return 'corrupt'
  if (error?.message.includes('hangs')) return 'hung'
  switch (expects) {
    case 'success':
      return error ? 'failed' : undefined
    case 'refusal':
      return error ? undefined : 'dead'
    case 'end':
      return error && !(error instanceof Refused) && isOwnWord(error) ? 'failed' : undefined
  }
}

/** An error that a client here made, in contrast to a code of the system: hostile clients may be reset. */
const isOwnWord = ({ message }: Error): boolean => message.includes(' ')

/** Faults explain that a client failed; nothing explains wrong bytes, or a success with a dead target. */
const INEXCUSABLE: ReadonlySet<Violated> = new Set(['corrupt', 'dead'])

export const createLedger = (windows: Windows): Ledger => {
  const rows = new Map<string, Row>()
  const excusedBy = new Map<string, number>()
  const violations = { failed: [], corrupt: [], hung: [], dead: [] } as Record<
    Violated,
    Violation[]
  >
  const rowOf = (kind: string): Row => {
    const row = rows.get(kind) ?? { kind, clients: 0, good: 0, excused: 0 }
    rows.set(kind, row)
    return row
  }
  return {
    add: visit => {
      const { kind, from, to, needs, what, client, error } = visit
      const row = rowOf(kind)
      row.clients++
      const violated = violatedBy(visit)
      if (violated === undefined) return void row.good++
      // A download that a fault cut short lacks bytes; those that came are right.
      const isCut = violated === 'corrupt' && error?.message.includes('bytes came') === true
      const isExcusable = isCut || !INEXCUSABLE.has(violated)
      const fault = isExcusable ? windows.excuse(from, to, needs) : undefined
      if (fault !== undefined) {
        row.excused++
        return void excusedBy.set(fault, (excusedBy.get(fault) ?? 0) + 1)
      }
      const seconds = ((to - from) / 1000).toFixed(1)
      violations[violated].push({
        from,
        to,
        ...(client !== undefined && { client }),
        text: `at ${(from / 1000).toFixed(1)} s, ${kind}, ${what}: ${error?.message.trim() ?? 'success'} after ${seconds} s`,
      })
    },
    rows: () => [...rows.values()].toSorted((a, b) => a.kind.localeCompare(b.kind)),
    violations,
    excusedBy,
  }
}
