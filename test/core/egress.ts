import t from 'tap'
import {
  PLAIN_EGRESS,
  bindOf,
  changesPath,
  isSameOverride,
  pathOf,
  usesFamily,
} from '../../src/core/egress.ts'

t.test('a path is the part that decides where packets leave', async t => {
  const egress = { ...PLAIN_EGRESS, bind4: '192.0.2.1', interface: 'eth0', mark: 7, tos: 8 }
  t.strictSame(pathOf(egress), { bind4: '192.0.2.1', bind6: null, interface: 'eth0', mark: 7 })
})

t.test('each family has its source address, and none switches it off', async t => {
  const path = { ...pathOf(PLAIN_EGRESS), bind4: 'none', bind6: '2001:db8::1' }
  t.strictSame([bindOf(path, 4), bindOf(path, 6)], ['none', '2001:db8::1'])
  t.strictSame([usesFamily(path, 4), usesFamily(path, 6)], [false, true])
  t.ok(usesFamily(PLAIN_EGRESS, 4))
})

t.test('an override may change the path of one family, of both, or of none', async t => {
  const families = (override: Parameters<typeof changesPath>[0]): boolean[] =>
    ([4, 6] as const).map(family => changesPath(override, family))
  t.strictSame(families({ tos: 8, userTimeoutMs: 1, keepAlive: null }), [false, false])
  t.strictSame(families({ bind4: '192.0.2.1' }), [true, false])
  t.strictSame(families({ bind6: null }), [false, true], 'back to the choice of the system')
  t.strictSame(families({ interface: 'tun0' }), [true, true])
  t.strictSame(families({ mark: 0 }), [true, true])
})

t.test('overrides are compared by what they replace', async t => {
  const keepAlive = { idleMs: 1000, intervalMs: 2000, count: 3 }
  const same = [
    [undefined, undefined],
    [undefined, {}],
    [
      { tos: 8, bind4: 'none' },
      { bind4: 'none', tos: 8 },
    ],
    [{ keepAlive }, { keepAlive: { ...keepAlive } }],
    [{ keepAlive: null }, { keepAlive: null }],
  ] as const
  for (const [a, b] of same) t.equal(isSameOverride(a, b), true, JSON.stringify([a, b]))
  const different = [
    [undefined, { tos: 0 }],
    [{ tos: 8 }, { tos: 12 }],
    [{ bind4: null }, {}],
    [{ keepAlive: null }, {}],
    [{ keepAlive }, { keepAlive: null }],
    [{ keepAlive }, { keepAlive: { ...keepAlive, count: 4 } }],
  ] as const
  for (const [a, b] of different) {
    t.equal(isSameOverride(a, b), false, JSON.stringify([a, b]))
    t.equal(isSameOverride(b, a), false, JSON.stringify([b, a]))
  }
})
