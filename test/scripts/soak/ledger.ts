import t from 'tap'
import { Corrupt } from '../../../scripts/soak/exchanges.ts'
import { createLedger } from '../../../scripts/soak/ledger.ts'
import type { Visit } from '../../../scripts/soak/ledger.ts'
import { Refused } from '../../../scripts/soak/ways.ts'
import { createWindows } from '../../../scripts/soak/windows.ts'

/** A ledger in which DNS is out from 100 to 200, and new connections fail from 300 to 400. */
const createBook = () => {
  let now = 100
  const windows = createWindows(() => now)
  const endOutage = windows.open('outage', { takes: ['names'] })
  now = 190
  endOutage(10)
  now = 300
  const endBurst = windows.open('burst', { takes: ['new'], slows: false })
  now = 400
  endBurst()
  return { windows, ledger: createLedger(windows) }
}

const VISIT: Visit = {
  kind: 'SOCKS5',
  from: 0,
  to: 50,
  needs: ['names'],
  expects: 'success',
  what: 'short',
}

const countsOf = (visit: Partial<Visit>): Record<string, number> => {
  const { ledger } = createBook()
  ledger.add({ ...VISIT, ...visit })
  const [row] = ledger.rows()
  const { failed, corrupt, hung, dead } = ledger.violations
  return {
    good: row?.good ?? 0,
    excused: row?.excused ?? 0,
    failed: failed.length,
    corrupt: corrupt.length,
    hung: hung.length,
    dead: dead.length,
  }
}
const NONE = { good: 0, excused: 0, failed: 0, corrupt: 0, hung: 0, dead: 0 }
const error = new Error('ECONNRESET')

t.test('a client that must be served', async t => {
  t.same(countsOf({}), { ...NONE, good: 1 })
  t.same(countsOf({ error }), { ...NONE, failed: 1 })
  t.same(countsOf({ error, to: 150 }), { ...NONE, excused: 1 }, 'it met the outage')
  t.same(countsOf({ error, from: 150, to: 170 }), { ...NONE, excused: 1 })
  t.same(countsOf({ error, from: 201, to: 250 }), { ...NONE, failed: 1 }, 'it came later')
  t.same(countsOf({ error, to: 150, needs: ['four'] }), { ...NONE, failed: 1 }, 'it needs no name')
  t.same(countsOf({ error, from: 310, to: 320, needs: [] }), { ...NONE, excused: 1 }, 'it is new')
  t.same(countsOf({ error, from: 299, to: 320, needs: [] }), { ...NONE, failed: 1 }, 'it stood')
  t.same(countsOf({ error: new Error('(hangs)') }), { ...NONE, hung: 1 })
})

t.test('no fault explains wrong bytes, but some that lack', async t => {
  const wrong = new Corrupt('wrong bytes from 5 on')
  t.same(countsOf({ error: wrong, to: 150 }), { ...NONE, corrupt: 1 })
  const cut = new Corrupt('5 of 9 bytes came')
  t.same(countsOf({ error: cut }), { ...NONE, corrupt: 1 })
  t.same(countsOf({ error: cut, to: 150 }), { ...NONE, excused: 1 })
})

t.test('a success with a dead target is a violation at any time', async t => {
  const expects = 'refusal'
  t.same(countsOf({ expects, error: new Refused('reply 05') }), { ...NONE, good: 1 })
  t.same(countsOf({ expects }), { ...NONE, dead: 1 })
  t.same(countsOf({ expects, to: 150 }), { ...NONE, dead: 1 })
})

t.test('a hostile client may be reset, but not be let through', async t => {
  const expects = 'end'
  t.same(countsOf({ expects, error }), { ...NONE, good: 1 })
  const through = new Error('a wrong login was accepted')
  t.same(countsOf({ expects, error: through }), { ...NONE, failed: 1 })
})

t.test('times are measured while no fault changes them', async t => {
  const { windows } = createBook()
  t.same(
    [windows.isQuiet(0, 99), windows.isQuiet(50, 150), windows.isQuiet(300, 400)],
    [true, false, true],
  )
})
