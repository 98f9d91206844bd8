import t from 'tap'
import { STEPS_MAX, keepRace, raceEntry, writeRace } from '../../src/admin/kept-race.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

const plain = createRecordMask([])

t.test('an entry has the fields of the log line, from this process or another', async t => {
  for (const event of [wonEvent, failedEvent]) {
    const kept = keepRace(event)
    t.notOk('trace' in kept, 'the trace is large')
    const entry = raceEntry({ id: 7, time: 99, item: kept }, plain)
    t.match(entry, { id: 7, time: 99, conn: event.conn, outcome: event.outcome })
    t.notOk('event' in entry)
    t.equal(entry.reply, event.outcome === 'failed' ? event.reply : undefined)
    const sent = writeRace(kept)
    t.equal(writeRace(sent), sent)
    const received = raceEntry({ id: 7, time: 99, item: sent }, plain)
    t.equal(JSON.stringify(received), JSON.stringify(entry))
  }
})

t.test('an entry is masked', async t => {
  const mask = createRecordMask(['target', 'winner.address'])
  const entry = raceEntry({ id: 7, time: 99, item: keepRace(wonEvent) }, mask)
  t.match(entry, { id: 7, time: 99, target: '[Redacted]', winner: { address: '[Redacted]' } })
  t.notMatch(JSON.stringify(entry), wonEvent.target ?? '')
})

t.test('of a race with very many steps only the first are kept', async t => {
  const [attempt] = wonEvent.summary.attempts
  const [lookup] = wonEvent.summary.dns
  if (!attempt || !lookup) throw new Error('the fixture has changed')
  const many = <Item>(item: Item, count: number): Item[] => new Array<Item>(count).fill(item)
  const kept = (attempts: number, lookups: number) =>
    keepRace({
      ...wonEvent,
      summary: {
        ...wonEvent.summary,
        attempts: many(attempt, attempts),
        dns: many(lookup, lookups),
      },
    }).summary
  t.equal(kept(STEPS_MAX, STEPS_MAX).attempts.length, STEPS_MAX)
  t.equal(kept(1000, 1).attempts.length, STEPS_MAX)
  t.equal(kept(1, 1000).dns.length, STEPS_MAX)
  t.ok(kept(1000, 1000).winner)
})
