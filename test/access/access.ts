import fc from 'fast-check'
import t from 'tap'

import { parseCidr } from '../../src/core/cidr.ts'
import type { Cidr } from '../../src/core/cidr.ts'
import { parseIp } from '../../src/core/ip.ts'
import type { AccessClient, AccessRule, AccessTarget } from '../../src/access/types.ts'
import { compileAccess } from '../../src/access/access.ts'

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const WORDS = ['private', 'loopback', 'link-local', 'metadata'] as const

const target = (text: string): AccessTarget => {
  const word = WORDS.find(known => known === text)
  if (word) return { type: 'word', word }
  if (text.startsWith('*')) return { type: 'suffix', suffix: text.slice(1) }
  return parseCidr(text) ? { type: 'cidr', cidr: cidr(text) } : { type: 'name', name: text }
}

type Short = {
  clients?: string[]
  users?: string[]
  to?: string[]
  ports?: [number, number][]
}

const rule = (action: AccessRule['action'], { clients, users, to, ports }: Short): AccessRule => ({
  action,
  clients: clients?.map(cidr) ?? null,
  users: users ?? null,
  to: to?.map(target) ?? null,
  ports: ports?.map(([first, last]) => ({ first, last })) ?? null,
})

const client = (address: string | null, user: string | null = null): AccessClient => ({
  ip: address === null ? null : (parseIp(address) ?? null),
  isLocal: address === null || address === '::1' || address.startsWith('127.'),
  user,
})

const LOCAL = client('127.0.0.1')
const STRANGER = client('198.51.100.7')

const judge = (
  rules: readonly AccessRule[],
  who: AccessClient,
  host: string,
  address: string,
  source = 'dns',
  port = 443,
): string => compileAccess(rules).judge(who, { host, address, port, source })?.code ?? 'allowed'

const DENIED = 'ERR_ACCESS_DENIED'

t.test('it is known whether any rule chooses a path', async t => {
  const hasPaths = (egress: AccessRule['egress']): boolean =>
    compileAccess([rule('deny', {}), { ...rule('allow', {}), egress: egress ?? null }]).hasPaths
  t.equal(compileAccess([]).hasPaths, false)
  t.equal(hasPaths(null), false)
  t.equal(hasPaths({ tos: 8 }), false)
  t.equal(hasPaths({ bind4: 'none' }), true)
  t.equal(hasPaths({ bind6: '2001:db8::1' }), true)
})

t.test('the egress of the rule that allows goes with the candidate', async t => {
  const [first, second] = [{ tos: 8 }, { bind6: 'none' }]
  const { judge: verdict } = compileAccess([
    { ...rule('allow', { to: ['a.example', '10.0.0.0/8'] }), egress: first },
    rule('deny', { to: ['b.example'] }),
    { ...rule('allow', { to: ['*.example'] }), egress: second },
    rule('allow', {}),
  ])
  const egressFor = (host: string, address: string) =>
    verdict(STRANGER, { host, address, port: 443, source: 'dns' })
  t.strictSame(egressFor('a.example', '192.0.2.1'), { egress: first })
  t.equal(egressFor('a.example', '192.0.2.1')?.egress, first, 'the same object')
  t.strictSame(egressFor('c.test', '10.0.0.1'), { egress: first }, 'of this candidate alone')
  t.equal(egressFor('c.test', '192.0.2.1'), undefined)
  t.strictSame(egressFor('c.example', '192.0.2.1'), { egress: second })
  t.match(egressFor('b.example', '192.0.2.1'), { code: DENIED, rule: 2 })
  // A built-in denial that the rule does not override.
  t.match(egressFor('c.example', '169.254.169.254'), { code: DENIED })
})

/** Where a stranger may not get unless a rule says so, in every way to write it. */
const FORBIDDEN = `127.0.0.1 127.8.8.8 ::1 ::1%lo 0.0.0.0 ::
   0.1.2.3 ::ffff:127.0.0.1 ::ffff:0.0.0.0 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::
   64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1::1 ::127.0.0.1 2001:0:1234::80ff:fffe 169.254.169.254
   169.254.1.1 fe80::1 fe80::1%eth0 fd00:ec2::254 168.63.129.16 100.100.100.200
   224.0.0.1 ff02::1 255.255.255.255`.split(/\s+/)

t.test('built-in denials for a client that is not on loopback', async t => {
  for (const address of FORBIDDEN) {
    for (const source of ['literal', 'hosts', 'dns', 'cache', 'stale', 'system']) {
      t.equal(judge([], STRANGER, 'example.com', address, source), DENIED, `${address} ${source}`)
    }
    t.equal(judge([], client('2001:db8::7'), address, address, 'literal'), DENIED, `v6 ${address}`)
  }
  for (const address of ['192.0.2.1', '2001:db8::1', '10.0.0.1', 'fd00::1', '64:ff9b::c000:201']) {
    t.equal(judge([], STRANGER, 'example.com', address), 'allowed', address)
  }
})

t.test('a client on loopback or on a UNIX socket may write these addresses', async t => {
  for (const address of FORBIDDEN) {
    for (const source of ['literal', 'hosts']) {
      for (const who of [LOCAL, client('127.9.9.9'), client('::1'), client(null)]) {
        t.equal(judge([], who, 'example.com', address, source), 'allowed', address)
      }
    }
  }
})

t.test('for every client an answer that points at the inside is dropped', async t => {
  const multicast = new Set(['224.0.0.1', 'ff02::1', '255.255.255.255'])
  for (const address of FORBIDDEN) {
    for (const source of ['dns', 'cache', 'stale', 'system', 'something-new']) {
      const expected = multicast.has(address) ? 'allowed' : DENIED
      t.equal(judge([], LOCAL, 'rebind.example', address, source), expected, `${address} ${source}`)
      t.equal(judge([], client(null), 'rebind.example', address, source), expected, 'unix')
    }
  }
  t.equal(judge([], LOCAL, 'nas.example', '192.168.1.2'), 'allowed', 'private answers are common')
})

t.test('an allow by prefix or by the word overrides a built-in denial', async t => {
  const by = (...to: string[]): AccessRule[] => [rule('allow', { to })]
  t.equal(judge(by('127.0.0.0/8'), STRANGER, 'x.example', '127.0.0.1'), 'allowed')
  t.equal(judge(by('127.0.0.0/8'), STRANGER, 'x.example', '::ffff:127.0.0.1'), 'allowed')
  t.equal(judge(by('loopback'), STRANGER, 'x.example', '127.0.0.1'), 'allowed')
  t.equal(judge(by('loopback'), STRANGER, 'x.example', '64:ff9b::7f00:1'), 'allowed')
  t.equal(judge(by('loopback'), STRANGER, '::1', '::1', 'literal'), 'allowed')
  t.equal(judge(by('metadata'), STRANGER, 'x', '169.254.169.254', 'literal'), 'allowed')
  t.equal(judge(by('2002:7f00::/24'), STRANGER, 'x', '2002:7f00:1::1'), 'allowed')
  t.equal(judge(by('x.example', 'loopback'), STRANGER, 'x.example', '127.0.0.1'), 'allowed')
})

t.test('an allow by anything else does not', async t => {
  for (const to of [['x.example'], ['*.example'], ['private'], ['link-local'], ['10.0.0.0/8']]) {
    const rules = [rule('allow', { to })]
    t.equal(judge(rules, STRANGER, 'x.example', '127.0.0.1'), DENIED, to.join())
    t.equal(judge(rules, STRANGER, 'x.example', '169.254.169.254'), DENIED, to.join())
    t.equal(judge(rules, STRANGER, 'x.example', 'fd00:ec2::254'), DENIED, to.join())
  }
  t.equal(judge([rule('allow', {})], STRANGER, 'x.example', '127.0.0.1'), DENIED, 'no to at all')
  t.equal(judge([rule('allow', {})], LOCAL, 'x.example', '127.0.0.1'), DENIED, 'rebinding')
  t.equal(
    judge([rule('allow', { to: ['::/0'] })], STRANGER, 'x', '64:ff9b::7f00:1'),
    DENIED,
    'NAT64 is judged as the IPv4 address inside',
  )
  const late = [rule('allow', { to: ['x.example'] }), rule('allow', { to: ['loopback'] })]
  t.equal(judge(late, STRANGER, 'x.example', '127.0.0.1'), DENIED, 'the first match decides')
})

t.test('the first rule that matches the name or the address decides', async t => {
  const rules = [
    rule('allow', { to: ['good.example'] }),
    rule('deny', { to: ['*.example', '192.0.2.0/24'] }),
    rule('allow', { to: ['2001:db8::/32'] }),
    rule('deny', {}),
  ]
  t.equal(judge(rules, LOCAL, 'good.example', '192.0.2.1'), 'allowed')
  t.equal(judge(rules, LOCAL, 'bad.example', '2001:db8::1'), DENIED, 'by name')
  t.equal(judge(rules, LOCAL, 'other.test', '192.0.2.1'), DENIED, 'by address')
  t.equal(judge(rules, LOCAL, 'other.test', '64:ff9b::c000:201'), DENIED, 'by address inside')
  t.equal(judge(rules, LOCAL, 'other.test', '2001:db8::1'), 'allowed')
  t.equal(judge(rules, LOCAL, 'other.test', '203.0.113.1'), DENIED, 'the rest')
  t.equal(judge(rules, LOCAL, 'other.test', 'no address'), DENIED, 'what cannot be read')
})

t.test('names: case, the final dot, and where a suffix begins', async t => {
  const rules = [rule('deny', { to: ['exact.example', '*.suffix.example'] })]
  const verdict = (host: string): string => judge(rules, LOCAL, host, '192.0.2.1')
  for (const host of ['exact.example', 'EXACT.Example', 'exact.example.', 'a.suffix.example']) {
    t.equal(verdict(host), DENIED, host)
  }
  t.equal(verdict('A.B.suffix.EXAMPLE.'), DENIED)
  for (const host of [
    'a.exact.example',
    'suffix.example',
    'notsuffix.example',
    'exact.example.org',
  ]) {
    t.equal(verdict(host), 'allowed', host)
  }
})

t.test('a deny reaches the address as written and the one inside', async t => {
  const verdict = (to: string, address: string): string =>
    judge([rule('deny', { to: [to] })], LOCAL, 'x.example', address)
  t.equal(verdict('64:ff9b::/96', '64:ff9b::c000:201'), DENIED)
  t.equal(verdict('192.0.2.0/24', '64:ff9b::c000:201'), DENIED)
  t.equal(verdict('192.0.2.0/24', '2002:c000:201::1'), DENIED)
  t.equal(verdict('::/0', '192.0.2.1'), 'allowed', 'families are apart')
  t.equal(verdict('private', '::ffff:10.0.0.1'), DENIED)
  t.equal(verdict('link-local', '169.254.169.254'), DENIED)
  const allow = [rule('allow', { to: ['192.0.2.0/24'] }), rule('deny', {})]
  t.equal(judge(allow, LOCAL, 'x', '2002:c000:201::1'), DENIED, 'but no allow reaches inside 6to4')
  t.equal(judge(allow, LOCAL, 'x', '64:ff9b::c000:201'), 'allowed', 'NAT64 is IPv4')
})

t.test('a rule concerns clients, users and ports', async t => {
  const verdict = (short: Short, who: AccessClient, port = 443): string =>
    judge([rule('deny', short)], who, 'x.example', '192.0.2.1', 'dns', port)
  t.equal(verdict({ clients: ['198.51.100.0/24'] }, STRANGER), DENIED)
  t.equal(verdict({ clients: ['203.0.113.0/24'] }, STRANGER), 'allowed')
  t.equal(verdict({ clients: ['127.0.0.0/8'] }, client(null)), DENIED, 'UNIX is loopback')
  t.equal(verdict({ clients: ['::1'] }, client(null)), DENIED)
  t.equal(verdict({ clients: ['198.51.100.0/24'] }, client(null)), 'allowed')
  t.equal(verdict({ users: ['eve'] }, client('192.0.2.9', 'eve')), DENIED)
  t.equal(verdict({ users: ['eve'] }, client('192.0.2.9', 'adam')), 'allowed')
  t.equal(verdict({ users: ['eve'] }, STRANGER), 'allowed', 'nobody logged in')
  for (const [port, expected] of [
    [79, 'allowed'],
    [80, DENIED],
    [90, DENIED],
    [91, 'allowed'],
  ] as const) {
    t.equal(verdict({ ports: [[80, 90]] }, STRANGER, port), expected, String(port))
  }
})

t.test('a loopback address that a load balancer gives is no right', async t => {
  const allowHere = [rule('allow', { clients: ['127.0.0.0/8', '::1'] }), rule('deny', {})]
  const denyHere = [rule('deny', { clients: ['127.0.0.0/8', '::1'] })]
  for (const address of ['127.0.0.1', '::1', null]) {
    const here = client(address)
    const foreign = { ...here, isLocal: false }
    t.equal(judge(allowHere, here, 'x.example', '192.0.2.1'), 'allowed')
    t.equal(judge(allowHere, foreign, 'x.example', '192.0.2.1'), DENIED, 'no allow is gained')
    t.equal(judge(denyHere, foreign, 'x.example', '192.0.2.1'), DENIED, 'no deny is escaped')
    t.equal(judge([], here, 'x.example', '127.0.0.1', 'literal'), 'allowed')
    t.equal(judge([], foreign, 'x.example', '127.0.0.1', 'literal'), DENIED, 'built in')
    const anyone = [rule('allow', { to: ['x.example'] }), rule('deny', {})]
    t.equal(judge(anyone, foreign, 'x.example', '192.0.2.1'), 'allowed', 'a rule for all clients')
  }
})

t.test('before a lookup', async t => {
  const verdict = (
    rules: readonly AccessRule[],
    host: string,
    port = 443,
    fullNames: readonly string[] | null = [],
  ): string =>
    compileAccess(rules).beforeLookup(STRANGER, { host, port }, () => fullNames)?.code ?? 'look up'
  const byName = rule('deny', { to: ['*.example'] })
  t.equal(verdict([], 'x.example'), 'look up')
  t.equal(verdict([byName], 'X.example.'), DENIED)
  t.equal(verdict([byName], 'x.test'), 'look up')
  t.equal(verdict([rule('deny', {})], 'x.test'), DENIED)
  t.equal(verdict([rule('deny', { ports: [[1, 80]] })], 'x.test'), 'look up', 'another port')
  t.equal(verdict([rule('allow', { to: ['loopback'] }), byName], 'x.example'), 'look up')
  t.equal(verdict([rule('allow', { to: ['192.0.2.0/24'] }), byName], 'x.example'), 'look up')
  t.equal(verdict([rule('allow', { to: ['x.example'] }), byName], 'x.example'), 'look up')
  t.equal(verdict([rule('allow', {}), byName], 'x.example'), 'look up')
  t.equal(verdict([rule('allow', { to: ['y.example'] }), byName], 'x.example'), DENIED)
  t.equal(verdict([rule('deny', { to: ['private'] }), byName], 'x.example'), DENIED)
  t.equal(verdict([rule('deny', { to: ['private'] })], 'x.example'), 'look up')

  const within = [rule('allow', { to: ['*.corp.example'] }), rule('deny', {})]
  t.equal(verdict(within, 'db', 1, ['db.corp.example']), 'look up', 'it may be found there')
  t.equal(verdict(within, 'db', 1, ['db.test']), DENIED, 'it cannot be found there')
  t.equal(verdict(within, 'db', 1, null), 'look up', 'nobody knows')
  t.equal(verdict([rule('deny', {})], 'db', 1, null), DENIED)
  t.equal(
    verdict([rule('deny', { to: ['*.corp.example'] })], 'db', 1, ['db.corp.example']),
    'look up',
  )
})

t.test('a rule by name is about the name asked for, and the one that was found for it', async t => {
  const deny = rule('deny', { to: ['*.corp.example'] })
  const allow = rule('allow', { to: ['db.corp.example'] })
  const all = rule('deny', {})
  type Names = { fullName?: string; possibleNames?: string[] }
  const verdict = (rules: readonly AccessRule[], host: string, names: Names): string => {
    const candidate = { host, address: '192.0.2.1', port: 443, source: 'dns', ...names }
    return compileAccess(rules).judge(STRANGER, candidate)?.code ?? 'allowed'
  }
  const db = { fullName: 'db.corp.example' }
  t.equal(verdict([deny], 'db', db), DENIED)
  t.equal(verdict([deny], 'db', {}), 'allowed')
  t.equal(verdict([deny], 'db', { fullName: 'db.test' }), 'allowed')
  t.equal(verdict([allow, all], 'DB', db), 'allowed')
  t.equal(verdict([allow, deny], 'db', db), 'allowed', 'the first that matches either')
  t.equal(verdict([deny, allow], 'db', db), DENIED)
  t.equal(verdict([rule('allow', { to: ['db'] }), deny], 'db', db), 'allowed', 'the name asked for')
  t.equal(verdict([rule('deny', { to: ['db'] }), allow], 'db', db), DENIED)

  const maybe = { possibleNames: ['db.test', 'db.corp.example'] }
  t.equal(verdict([deny], 'db', maybe), DENIED, 'what may have been found can deny')
  t.equal(verdict([allow, all], 'db', maybe), DENIED, 'and cannot allow')
  t.equal(verdict([rule('allow', { to: ['db'] }), deny], 'db', maybe), 'allowed')
})

t.test('what is denied before a lookup is denied for every address after it', async () => {
  const targets = ['x.example', '*.example', 'loopback', 'private', '192.0.2.0/24', '::/0']
  const rules = fc.array(
    fc.record({
      action: fc.constantFrom('allow' as const, 'deny' as const),
      to: fc.option(fc.subarray(targets, { minLength: 1 }), { nil: null }),
    }),
    { maxLength: 5 },
  )
  const addresses = fc.constantFrom('192.0.2.1', '10.0.0.1', '127.0.0.1', '2001:db8::1', '::1')
  fc.assert(
    fc.property(
      rules,
      addresses,
      fc.constantFrom('x.example', 'y.test', 'x'),
      fc.constantFrom([], ['x.example'], ['z.example']),
      (shorts, address, host, found) => {
        const all = shorts.map(({ action, to }) => rule(action, to ? { to } : {}))
        const access = compileAccess(all)
        const before = access.beforeLookup(LOCAL, { host, port: 1 }, () => [...found])
        const [fullName] = found
        const name = fullName === undefined ? {} : { fullName }
        const after = access.judge(LOCAL, { host, address, port: 1, source: 'dns', ...name })
        return before === undefined || after?.code === before.code
      },
    ),
  )
})

t.test(
  "an address of the network's own NAT64 prefix is judged as the IPv4 address inside",
  async t => {
    const address = '2001:db8:64::1'
    const verdict = (
      rules: readonly AccessRule[],
      embedded: string,
      { who = LOCAL, host = 'x.example', source = 'nat64' } = {},
    ): string =>
      compileAccess(rules).judge(who, { host, address, port: 443, source, embedded })?.code ??
      'allowed'

    t.equal(verdict([], '192.0.2.1'), 'allowed')
    t.equal(verdict([rule('deny', { to: ['192.0.2.0/24'] })], '192.0.2.1'), DENIED)
    t.equal(verdict([rule('deny', { to: ['192.0.3.0/24'] })], '192.0.2.1'), 'allowed')
    t.equal(verdict([rule('deny', { to: ['private'] })], '10.0.0.1'), DENIED)
    t.equal(verdict([rule('deny', { to: ['metadata'] })], '168.63.129.16'), DENIED)
    t.equal(
      verdict([rule('deny', { to: ['2001:db8:64::/96'] })], '192.0.2.1'),
      DENIED,
      'or by itself',
    )

    const only = [rule('allow', { to: ['192.0.2.0/24'] }), rule('deny', {})]
    t.equal(verdict(only, '192.0.2.1'), 'allowed')
    t.equal(verdict(only, '192.0.3.1'), DENIED)
    const bySix = [rule('allow', { to: ['2001:db8:64::/96'] }), rule('deny', {})]
    t.equal(verdict(bySix, '192.0.2.1'), DENIED, 'but what it is itself allows nothing')

    for (const inside of ['127.0.0.1', '169.254.169.254', '168.63.129.16', '0.0.0.0']) {
      t.equal(verdict([], inside, { who: STRANGER }), DENIED, `${inside} for a stranger`)
      t.equal(verdict([], inside, { source: 'dns' }), DENIED, `${inside} by DNS64, for anyone`)
      t.equal(verdict([], inside), DENIED, `${inside} that does not say where it is from`)
      t.equal(verdict([], inside, { source: 'literal', host: inside }), 'allowed', 'written down')
      t.equal(verdict([], inside, { source: 'hosts' }), 'allowed', 'in a file')
    }
  },
)

t.test('an address is judged the same however often, and among however many others', async t => {
  const access = compileAccess([])
  const ask = (address: string): unknown =>
    access.judge(client(null), { host: 'example.com', address, port: 443, source: 'dns' })?.code
  for (let round = 0; round < 2; round++) {
    const loopback = Array.from({ length: 1500 }, (_, n) => `127.0.${n >> 8}.${n & 255}`)
    t.ok(loopback.every(address => ask(address) === 'ERR_ACCESS_DENIED'))
    for (const each of ['192.0.2.1', '192.0.2.1', '2001:db8::1']) t.equal(ask(each), undefined)
    for (const each of ['nonsense', 'nonsense', '::1']) t.equal(ask(each), 'ERR_ACCESS_DENIED')
  }
})

t.test('a denial has the number of its rule, or none where it is built in', async t => {
  const access = compileAccess([
    rule('allow', { to: ['192.0.2.0/24'] }),
    rule('deny', { to: ['a.example'] }),
    rule('deny', { to: ['private'] }),
  ])
  const at = (host: string, address: string) => ({ host, address, port: 443, source: 'dns' })
  t.same(access.judge(LOCAL, at('a.example', '198.51.100.1')), { code: DENIED, rule: 2 })
  t.same(access.judge(LOCAL, at('b.example', '10.0.0.1')), { code: DENIED, rule: 3 })
  t.same(access.judge(LOCAL, at('b.example', '127.0.0.1')), { code: DENIED })
  const before = compileAccess([rule('deny', { ports: [[1, 2]] }), rule('deny', {})])
  t.same(
    before.beforeLookup(LOCAL, { host: 'a.example', port: 443 }, () => []),
    { code: DENIED, rule: 2 },
  )
})
