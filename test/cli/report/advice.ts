import t from 'tap'
import { adviceFor, adviceForAll, demotedUntil } from '../../../src/cli/report/advice.ts'
import type { Group } from '../../../src/cli/report/failure-groups.ts'
import { NO_TARGET, createFailureGroups, prefixOf } from '../../../src/cli/report/failure-groups.ts'
import { attempt, raceEntry } from '../../fixtures/race-entry.ts'

const group = (reason: string, key = '2001:db8::/48'): Group => ({
  key,
  hidden: 1,
  failed: 0,
  firstAt: 0,
  lastAt: 0,
  reasons: [[reason, 1]],
  winners: [],
  others: [['a.example:443', 1]],
})

t.test('what to do, by the reason', async t => {
  t.match(adviceFor(group('ECONNREFUSED')), /owner of a\.example:443 to correct its AAAA records/)
  t.match(adviceFor(group('ECONNREFUSED', '192.0.2.0/24')), /its A records/)
  t.match(adviceFor(group('ENETUNREACH')), /no route: eyeballd doctor a\.example:443/)
  t.match(
    adviceFor(group('no answer')),
    /packets are lost on the way: .* traceroute -6 a\.example$/,
  )
  const several = { ...group('no answer'), others: [['[2001:db8::1]:5,b:5', 1]] as const }
  t.match(
    adviceFor(several),
    /eyeballd doctor \[2001:db8::1\]:5 b:5, traceroute -6 2001:db8::1$/,
    'words that the doctor takes',
  )
  for (const other of [NO_TARGET, '[Redacted]']) {
    const unknown = { ...group('no answer'), others: [[other, 1]] as const }
    t.equal(adviceFor(unknown), 'eyeballd doctor, on the host of the daemon')
  }
})

t.test('one fault that explains all', async t => {
  const of = (...addresses: readonly string[]) => {
    const groups = createFailureGroups()
    for (const address of addresses) groups.add(raceEntry({ attempts: [attempt({ address })] }))
    return adviceForAll(groups.result())
  }
  t.match(
    of('2001:db8:1::1', '2001:db8:2::1', '2001:db8:3::1'),
    /all 3 networks that fail are IPv6/,
  )
  t.equal(of('2001:db8:1::1', '2001:db8:2::1'), null)
  t.equal(of('2001:db8:1::1', '2001:db8:2::1', '2001:db8:3::1', '192.0.2.1'), null)
})

t.test('what history has demoted', async t => {
  const entry = (prefix: string, until: number) => ({
    prefix,
    evidenceAt: 0,
    until,
    unresponsive: false,
    passedOver: 0,
  })
  const history = {
    demoted: [entry('2001:db8::/48', 5), entry('192.0.2.7', 8), entry('192.0.2.8', 9)],
  }
  t.equal(demotedUntil('2001:db8::/48', history, prefixOf), 5)
  t.equal(demotedUntil('192.0.2.0/24', history, prefixOf), 9, 'addresses in it')
  t.equal(demotedUntil('198.51.100.0/24', history, prefixOf), null)
})
