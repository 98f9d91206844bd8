import type { FinishedRace } from '../log/connection-line.ts'
import { raceFields } from '../log/connection-line.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { RaceEntry } from './api.ts'
import type { Numbered } from './race-ring.ts'

/** A race in the ring: of this process, or the fields of its line as another process has written them. */
export type KeptRace = FinishedRace | string

/**
 * Maximum numbers of lookups and of attempts that are kept of one race; a race for many targets may have
 * hundreds.
 */
export const STEPS_MAX = 32

const firstOf = <Item>(items: readonly Item[]): readonly Item[] =>
  items.length <= STEPS_MAX ? items : items.slice(0, STEPS_MAX)

/** What is kept of a race: nothing is rendered, and its trace is left out. */
export const keepRace = (race: FinishedRace): FinishedRace => {
  const { conn, listener, protocol, client, user, target, outcome, reply, error } = race
  const { summary } = race
  const { dns, attempts } = summary
  const isLong = dns.length > STEPS_MAX || attempts.length > STEPS_MAX
  return {
    conn,
    listener,
    protocol,
    client,
    user,
    target,
    outcome,
    reply,
    summary: isLong ? { ...summary, dns: firstOf(dns), attempts: firstOf(attempts) } : summary,
    ...(error && { error }),
  }
}

type Fields = Omit<RaceEntry, 'id' | 'time'>

const fieldsOf = (kept: KeptRace): Fields => {
  if (typeof kept === 'string') return JSON.parse(kept) as Fields
  const { event: _, ...fields } = raceFields(kept)
  return fields as Fields
}

/** The id of a race's connection. */
export const connOf = (kept: KeptRace): string =>
  typeof kept === 'string' ? fieldsOf(kept).conn : kept.conn

/** Writes the fields of a race for another process. */
export const writeRace = (kept: KeptRace): string =>
  typeof kept === 'string' ? kept : JSON.stringify(fieldsOf(kept))

/** The entry of a race, masked. */
export const raceEntry = ({ id, time, item }: Numbered<KeptRace>, mask: RecordMask): RaceEntry => ({
  id,
  time,
  ...mask(fieldsOf(item)),
})
