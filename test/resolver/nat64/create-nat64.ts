import t from 'tap'
import type { RecordType } from '../../../src/core/ip.ts'
import { RECOGNITION_WAIT_MS, createNat64 } from '../../../src/resolver/nat64/create-nat64.ts'
import type { Answer, Families } from '../../../src/resolver/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { settled } from '../../fixtures/script-lookup.ts'
import { createScriptedQuery } from '../../fixtures/scripted-query.ts'

const ONLY_6: Families = { ipv4: false, ipv6: true }
const OTHERS: readonly Families[] = [
  { ipv4: true, ipv6: true },
  { ipv4: true, ipv6: false },
  { ipv4: false, ipv6: false },
]
const QUESTION = 'AAAA ipv4only.arpa'
const FOUND: Answer = { ok: true, addresses: ['2001:db8:64::c000:aa'], ttl: 60, source: 'dns' }

const A: Answer = { ok: true, addresses: ['192.0.2.33'], ttl: 60, source: 'dns' }
const AAAA: Answer = { ...A, addresses: ['2001:db8:64::c000:221'] }
/** The same, with what it stands for. */
const RECOGNISED: Answer = {
  ...AAAA,
  embedded: new Map([['2001:db8:64::c000:221', '192.0.2.33']]),
}
const NONE: Answer = { ok: false, code: 'ENODATA', source: 'dns' }

const setUp = (setting: string) => {
  const clock = createHandClock()
  const scripted = createScriptedQuery()
  const nat64 = createNat64(setting, scripted.query, clock)
  const translate = (answer: Answer, record: RecordType, families = ONLY_6) =>
    nat64.translate(answer, record, families, nat64.prefixes(families))
  return { clock, nat64, translate, ...scripted }
}

t.test('a host that has IPv4, or no IPv6, is left alone', async t => {
  for (const setting of ['auto', 'off', '64:ff9b::/96']) {
    const { nat64, translate, asked } = setUp(setting)
    for (const families of OTHERS) {
      t.same(nat64.prefixes(families), [])
      t.equal(translate(A, 'A', families), A)
      t.equal(translate(AAAA, 'AAAA', families), AAAA)
    }
    t.same(asked(), [], setting)
  }
})

t.test('switched off, it does nothing anywhere', async t => {
  const { nat64, translate, asked } = setUp('off')
  t.same(nat64.prefixes(ONLY_6), [])
  t.equal(translate(A, 'A'), A)
  t.equal(translate(AAAA, 'AAAA'), AAAA)
  t.same(asked(), [])
})

t.test('a prefix that was given needs no query', async t => {
  const { translate, asked } = setUp('2001:db8:64::/96')
  t.match(translate(A, 'A'), { source: 'nat64', addresses: ['2001:db8:64::c000:221'] })
  t.same(translate(AAAA, 'AAAA'), RECOGNISED)
  t.equal(translate(NONE, 'A'), NONE)
  t.same(asked(), [])
})

t.test('and its addresses are recognized on any host', async t => {
  const { translate } = setUp('2001:db8:64::/96')
  for (const families of OTHERS) {
    t.same(translate(AAAA, 'AAAA', families), RECOGNISED)
    t.equal(translate(A, 'A', families), A, 'but makes none')
  }
})

t.test('the prefix is found out; IPv4 addresses wait for it', async t => {
  const { clock, translate, asked, answer } = setUp('auto')
  const waiting = translate(A, 'A')
  t.same(asked(), [QUESTION])
  clock.advance(1000)
  answer(QUESTION, FOUND)
  t.match(await waiting, { source: 'nat64', addresses: ['2001:db8:64::c000:221'] })
})

t.test('IPv6 addresses wait for it a short time only', async t => {
  const { clock, translate, answer } = setUp('auto')
  let late: Answer | undefined
  const given = Promise.resolve(translate(AAAA, 'AAAA')).then(each => (late = each))
  clock.advance(RECOGNITION_WAIT_MS - 1)
  await Promise.resolve()
  t.equal(late, undefined)
  clock.advance(1)
  t.equal(await given, AAAA, 'then they are given as they are')
  answer(QUESTION, FOUND)
  t.equal(clock.pending(), 0)
})

t.test('but they have what comes in that time', async t => {
  const { clock, translate, answer } = setUp('auto')
  const waiting = translate(AAAA, 'AAAA')
  answer(QUESTION, FOUND)
  t.same(await waiting, RECOGNISED)
  t.equal(clock.pending(), 0)
})

t.test('and wait in each network once: later what was known last serves on', async t => {
  const { clock, nat64, translate, answer } = setUp('auto')
  const first = translate(A, 'A')
  answer(QUESTION, FOUND)
  await first
  t.same(translate(AAAA, 'AAAA'), RECOGNISED, 'though the name is asked for again')
  answer(QUESTION, { ok: false, code: 'ETIMEDOUT', source: 'dns' })
  await settled()
  t.equal(translate(AAAA, 'AAAA'), AAAA, 'also that it was nothing')
  answer(QUESTION, NONE)
  await settled()

  const old = translate(A, 'A')
  nat64.forget()
  answer(QUESTION, FOUND)
  t.match(await old, { source: 'nat64' })
  t.ok(translate(AAAA, 'AAAA') instanceof Promise, 'of another network nothing is known yet')
  t.equal(clock.pending(), 1)
})

t.test('without a prefix everything stays as it is', async t => {
  const { translate, answer } = setUp('auto')
  const [a, aaaa] = [translate(A, 'A'), translate(AAAA, 'AAAA')]
  answer(QUESTION, NONE)
  answer(QUESTION, NONE)
  t.same([await a, await aaaa], [A, AAAA])
})

t.test('what the C library said of another network is void', async t => {
  const { nat64, translate, asked, answer } = setUp('auto')
  const first = translate(A, 'A')
  answer(QUESTION, { ...FOUND, ttl: null, source: 'system' })
  await first
  t.match(translate(A, 'A'), { source: 'nat64' })
  t.equal(asked().length, 1)
  nat64.forget()
  void translate(A, 'A')
  t.equal(asked().length, 2)
})

t.test('a setting that makes no sense', async t => {
  for (const setting of ['on', '', '2001:db8::/80', '192.0.2.0/24']) {
    t.throws(() => setUp(setting), {
      code: 'ERR_INVALID_ADDRESS',
      message: `nat64: found "${setting}"; allowed: auto, off, or an IPv6 prefix of 32,`,
    })
  }
})
