import t from 'tap'
import net from 'node:net'
import { inspect } from 'node:util'
import * as library from '../../src/index.ts'
import {
  checkFunction,
  checkLimit,
  checkObject,
  checkOneOf,
  checkSignal,
  checkWhole,
  invalidArgument,
} from '../../src/library/check-argument.ts'

const wrong = (run: () => unknown, name: 'TypeError' | 'RangeError', message: RegExp): void =>
  void t.throws(run, { name, code: 'ERR_INVALID_ARG', message })

void t.test('objects, which arrays and null are not', async t => {
  const found = { a: 1 }
  t.equal(checkObject(found, 'x'), found)
  for (const bad of [null, undefined, [], 'a', 5]) {
    wrong(() => checkObject(bad, 'x'), 'TypeError', /^x is .*: an object is allowed/)
  }
  wrong(() => checkObject(5, 'x', 'a thing'), 'TypeError', /: a thing is allowed/)
})

void t.test('one of a few', async t => {
  t.equal(checkOneOf('a', 'x', ['a', 'b']), 'a')
  t.equal(checkOneOf(6, 'x', [6, 4]), 6)
  wrong(() => checkOneOf('c', 'x', ['a', 'b']), 'RangeError', /^x is 'c': a or b is allowed/)
  wrong(() => checkOneOf('6', 'x', [6, 4]), 'TypeError', /^x is '6': 6 or 4 is allowed/)
  wrong(() => checkOneOf(5, 'x', [6, 4]), 'RangeError', /^x is 5/)
})

void t.test('whole numbers', async t => {
  t.equal(checkWhole(0, 'x', 0), 0)
  t.equal(checkWhole(1, 'x', 1), 1)
  for (const bad of [0, 1.5, NaN, Infinity, 2 ** 53]) {
    wrong(() => checkWhole(bad, 'x', 1), 'RangeError', /^x is .*: a whole number, 1 or more,/)
  }
  wrong(() => checkWhole('1', 'x', 1), 'TypeError', /^x is '1'/)
})

void t.test('time limits', async t => {
  for (const good of [0, 0.5, 2_147_483_647, null]) t.equal(checkLimit(good, 'x'), good)
  for (const bad of [-1, NaN, Infinity, 2_147_483_648]) {
    wrong(() => checkLimit(bad, 'x'), 'RangeError', /^x is .*: a number of milliseconds from 0/)
  }
  wrong(() => checkLimit('1s', 'x'), 'TypeError', /^x is '1s'.*or null for no limit/)
  wrong(() => checkLimit(undefined, 'x'), 'TypeError', /^x is undefined/)
})

void t.test('functions and signals, or nothing', async t => {
  checkFunction(undefined, 'x')
  checkFunction(() => {}, 'x')
  wrong(() => checkFunction(null, 'x'), 'TypeError', /^x is null: a function is allowed/)
  const { signal } = new AbortController()
  t.equal(checkSignal(signal, 'x'), signal)
  t.equal(checkSignal(undefined, 'x'), undefined)
  const foreign = { aborted: false, addEventListener: () => {} }
  t.equal(checkSignal(foreign, 'x'), foreign, 'of another realm')
  for (const bad of [null, 'a', {}, { aborted: false }]) {
    wrong(() => checkSignal(bad, 'x'), 'TypeError', /^x is .*: an AbortSignal is allowed/)
  }
})

void t.test('one message says where, what was found and what is allowed', async t => {
  const error = invalidArgument('options.port', 'http', 'a whole number', 'number')
  t.match(error, { code: 'ERR_INVALID_ARG', where: 'options.port', found: 'http' })
  t.equal(error.message, "options.port is 'http': a whole number is allowed")
})

void t.test(
  'a wrong type is a TypeError, a wrong value of the right type a RangeError',
  async t => {
    const kind = (found: unknown, type?: 'number' | 'string' | 'object' | 'array'): string =>
      invalidArgument('x', found, 'y', type).name
    t.equal(kind('1', 'number'), 'TypeError')
    t.equal(kind(1, 'number'), 'RangeError')
    t.equal(kind(NaN, 'number'), 'RangeError')
    t.equal(kind('', 'string'), 'RangeError')
    t.equal(kind(null, 'object'), 'TypeError')
    t.equal(kind([], 'object'), 'TypeError')
    t.equal(kind({}, 'object'), 'RangeError')
    t.equal(kind({}, 'array'), 'TypeError')
    t.equal(kind([], 'array'), 'RangeError')
    t.equal(kind({}), 'TypeError', 'where no type is said')
    t.ok(invalidArgument('x', 1, 'y', 'number') instanceof RangeError)
  },
)

void t.test('what was found is quoted as far as it helps', async t => {
  const shown = (found: unknown): string =>
    invalidArgument('x', found, 'y').message.replace(/^x is (.*): y is allowed$/, '$1')
  t.equal(shown(undefined), 'undefined')
  t.equal(shown(NaN), 'NaN')
  t.equal(shown({ a: { b: 1 } }), '{ a: [Object] }')
  t.ok(shown('a'.repeat(10_000)).length < 80)
  t.ok(shown(Array.from({ length: 1000 }, (_, i) => i)).length < 80)
})

type Kind = 'TypeError' | 'RangeError'
type Case = readonly [call: string, run: () => unknown, kind: Kind, where: RegExp]

/** What a call without types may be given. */
const any = (value: unknown): never => value as never

const info = { family: 4, address: '192.0.2.1', port: 1 } as const
const query = { host: 'example.com', port: 443, record: 'A' } as const
const { RaceMachine, ConnectionPool } = library
const machine = (config: unknown) => () => new RaceMachine(any(config))
const pool = (options: unknown) => () => new ConnectionPool(any(options))
const timing = (name: string, value: unknown) =>
  machine({ addresses: [info], timing: { [name]: value } })
const begun = () => new RaceMachine({ addresses: [info] })

/** Options that each call which races shares, wrong one at a time. */
const WRONG_OPTIONS: readonly (readonly [string, unknown, Kind])[] = [
  ['happyEyeballsDelayMs', '250', 'TypeError'],
  ['happyEyeballsDelayMs', NaN, 'RangeError'],
  ['interleave', '1', 'TypeError'],
  ['interleave', -1, 'RangeError'],
  ['timeoutMs', '1s', 'TypeError'],
  ['timeoutMs', -1, 'RangeError'],
  ['attemptTimeoutMs', {}, 'TypeError'],
  ['attemptTimeoutMs', 2 ** 31, 'RangeError'],
  ['localAddrInfos', 'lo', 'TypeError'],
  ['localAddrInfos', [{ ...info, port: -1 }], 'RangeError'],
  ['socketFactory', 7, 'TypeError'],
  ['onTrace', 'log', 'TypeError'],
]

const withOptions = (
  call: string,
  run: (options: Readonly<Record<string, unknown>>) => unknown,
  more: readonly (readonly [string, unknown, Kind])[] = [],
): readonly Case[] =>
  [...WRONG_OPTIONS, ...more].map(([name, value, kind]) => [
    `${call} ${name} ${inspect(value)}`,
    () => run({ [name]: value }),
    kind,
    new RegExp(`^options\\.${name}`),
  ])

const SIGNAL = [['signal', {}, 'TypeError']] as const

const TARGET: readonly (readonly [string, unknown, Kind])[] = [
  ['host', undefined, 'TypeError'],
  ['host', 5, 'TypeError'],
  ['host', '', 'RangeError'],
  ['host', '127.1', 'RangeError'],
  ['port', undefined, 'TypeError'],
  ['port', '443', 'TypeError'],
  ['port', 0, 'RangeError'],
  ['port', 65_536, 'RangeError'],
  ['addresses', '192.0.2.1', 'TypeError'],
  ['addresses', [], 'RangeError'],
  ['addresses', ['example.com'], 'RangeError'],
  ['addresses', [5], 'TypeError'],
]

const there = { host: 'example.com', port: 443 }

const CASES: readonly Case[] = [
  ['connect()', () => library.connect(any(undefined)), 'TypeError', /^options is undefined/],
  ['connect(null)', () => library.connect(any(null)), 'TypeError', /^options is null/],
  ['connect({})', () => library.connect({}), 'TypeError', /^options\.host is undefined/],
  ...withOptions('connect', o => library.connect({ ...there, ...o }), [...SIGNAL, ...TARGET]),
  ...withOptions('openConnection', o => library.openConnection({ ...there, ...o }), [
    ...SIGNAL,
    ...TARGET,
  ]),
  ['startConnection()', () => library.startConnection(any(undefined)), 'TypeError', /^addrInfos/],
  ['startConnection([])', () => library.startConnection([]), 'RangeError', /^addrInfos is \[\]/],
  [
    'startConnection with a port of 0',
    () => library.startConnection([{ ...info, port: 0 }]),
    'RangeError',
    /^addrInfos\[0\]\.port is 0/,
  ],
  [
    'startConnection with another family',
    () => library.startConnection([{ ...info, family: 6 }]),
    'RangeError',
    /^addrInfos\[0\]\.family is 6/,
  ],
  [
    'startConnection with null',
    () => library.startConnection([info], any(null)),
    'TypeError',
    /^options is null/,
  ],
  ...withOptions('startConnection', o => library.startConnection([info], o), SIGNAL),
  ['addrToAddrInfos()', () => library.addrToAddrInfos(any(undefined)), 'TypeError', /^addr is/],
  [
    'addrToAddrInfos with a name',
    () => library.addrToAddrInfos({ address: 'a', port: 1 }),
    'RangeError',
    /^addr\.address is 'a'/,
  ],
  [
    'addrToAddrInfos with a zone of IPv4',
    () => library.addrToAddrInfos({ address: '192.0.2.1', port: 1, zone: 'lo' }),
    'RangeError',
    /^addr\.zone is 'lo'/,
  ],
  [
    'popAddrInfosInterleave',
    () => library.popAddrInfosInterleave([], any('1')),
    'TypeError',
    /^interleave is '1'/,
  ],
  [
    'removeAddrInfos of what is not there',
    () => library.removeAddrInfos([info], { address: '192.0.2.2', port: 1 }),
    'RangeError',
    /^address is '192\.0\.2\.2:1'/,
  ],
  ['removeAddrInfos()', () => library.removeAddrInfos([], any('a')), 'TypeError', /^address is/],
  [
    'interleaveAddrInfos',
    () => library.interleaveAddrInfos([info], 1.5),
    'RangeError',
    /^count is 1\.5/,
  ],
  ['sortAddresses()', () => library.sortAddresses(any('x')), 'TypeError', /^addresses is 'x'/],
  [
    'sortAddresses with null',
    () => library.sortAddresses([], any(null)),
    'TypeError',
    /^options is null/,
  ],
  [
    'sortAddresses with another table',
    () => library.sortAddresses([], { policyTable: any('rfc3484') }),
    'RangeError',
    /^options\.policyTable is 'rfc3484'/,
  ],
  [
    'sortAddresses with a source that is none',
    () => library.sortAddresses(['192.0.2.1'], { sources: ['x'] }),
    'RangeError',
    /^options\.sources\[0\]\.address is 'x'/,
  ],
  [
    'sortAddresses with sources that are no list',
    () => library.sortAddresses(['192.0.2.1'], { sources: any('192.0.2.1') }),
    'TypeError',
    /^options\.sources is '192/,
  ],
  [
    'sortAddresses where sourceFor returns nothing',
    () => library.sortAddresses(['192.0.2.1'], { sourceFor: () => any(undefined) }),
    'TypeError',
    /^what options\.sourceFor returned/,
  ],
  [
    'sortAddresses with a prefix length beyond the address',
    () => library.sortAddresses([], { sources: [{ address: '::1', prefixLength: 129 }] }),
    'RangeError',
    /^options\.sources\[0\]\.prefixLength is 129/,
  ],
  ['new RaceMachine()', machine(undefined), 'TypeError', /^config is undefined/],
  ['new RaceMachine(null)', machine(null), 'TypeError', /^config is null/],
  ['new RaceMachine(5)', machine(5), 'TypeError', /^config is 5/],
  ['new RaceMachine({})', machine({}), 'RangeError', /^config is \{\}: an object with queries/],
  ['RaceMachine queries', machine({ queries: 'a' }), 'TypeError', /^config\.queries is 'a'/],
  ['RaceMachine a query', machine({ queries: [5] }), 'TypeError', /^config\.queries\[0\] is 5/],
  [
    'RaceMachine host of a query',
    machine({ queries: [{ ...query, host: 5 }] }),
    'TypeError',
    /^config\.queries\[0\]\.host is 5/,
  ],
  [
    'RaceMachine port of a query',
    machine({ queries: [{ ...query, port: 0 }] }),
    'RangeError',
    /^config\.queries\[0\]\.port is 0/,
  ],
  [
    'RaceMachine record of a query',
    machine({ queries: [{ ...query, record: 'MX' }] }),
    'RangeError',
    /^config\.queries\[0\]\.record is 'MX'/,
  ],
  ['RaceMachine addresses', machine({ addresses: {} }), 'TypeError', /^config\.addresses is \{\}/],
  [
    'RaceMachine family of an address',
    machine({ addresses: [{ ...info, family: 6 }] }),
    'RangeError',
    /^config\.addresses\[0\]\.family is 6/,
  ],
  [
    'RaceMachine an address that is none',
    machine({ addresses: [{ ...info, address: 'example.com' }] }),
    'RangeError',
    /^config\.addresses\[0\]\.address is 'example\.com'/,
  ],
  [
    'RaceMachine a source that is none',
    machine({ addresses: [{ ...info, source: 5 }] }),
    'TypeError',
    /^config\.addresses\[0\]\.source is 5/,
  ],
  [
    'RaceMachine preferredFamily',
    machine({ addresses: [info], preferredFamily: 5 }),
    'RangeError',
    /^config\.preferredFamily is 5/,
  ],
  [
    'RaceMachine order',
    machine({ addresses: [info], order: 'random' }),
    'RangeError',
    /^config\.order is 'random'/,
  ],
  [
    'RaceMachine policyTable',
    machine({ addresses: [info], policyTable: 3484 }),
    'TypeError',
    /^config\.policyTable is 3484/,
  ],
  [
    'RaceMachine knownLocal',
    machine({ addresses: [info], knownLocal: 'fd00::1' }),
    'TypeError',
    /^config\.knownLocal is 'fd00::1'/,
  ],
  [
    'RaceMachine knownLocal[0]',
    machine({ addresses: [info], knownLocal: ['x'] }),
    'RangeError',
    /^config\.knownLocal\[0\] is 'x'/,
  ],
  [
    'RaceMachine confirm',
    machine({ addresses: [info], confirm: true }),
    'TypeError',
    /^config\.confirm is true/,
  ],
  [
    'RaceMachine firstAddressFamilyCount',
    machine({ addresses: [info], firstAddressFamilyCount: -1 }),
    'RangeError',
    /^config\.firstAddressFamilyCount is -1/,
  ],
  [
    'RaceMachine maxConcurrentAttempts',
    machine({ addresses: [info], maxConcurrentAttempts: 0 }),
    'RangeError',
    /^config\.maxConcurrentAttempts is 0/,
  ],
  [
    'RaceMachine maxAttemptsPerName',
    machine({ addresses: [info], maxAttemptsPerName: '16' }),
    'TypeError',
    /^config\.maxAttemptsPerName is '16'/,
  ],
  [
    'RaceMachine timing',
    machine({ addresses: [info], timing: 250 }),
    'TypeError',
    /^config\.timing is 250/,
  ],
  [
    'RaceMachine resolutionDelayMs',
    timing('resolutionDelayMs', null),
    'TypeError',
    /^config\.timing\.resolutionDelayMs is null/,
  ],
  [
    'RaceMachine connectionAttemptDelayMs',
    timing('connectionAttemptDelayMs', -1),
    'RangeError',
    /^config\.timing\.connectionAttemptDelayMs is -1/,
  ],
  [
    'RaceMachine attemptTimeoutMs',
    timing('attemptTimeoutMs', '5s'),
    'TypeError',
    /^config\.timing\.attemptTimeoutMs is '5s'/,
  ],
  [
    'RaceMachine connectTimeoutMs',
    timing('connectTimeoutMs', NaN),
    'RangeError',
    /^config\.timing\.connectTimeoutMs is NaN/,
  ],
  ['handle()', () => begun().handle(any(undefined), 0), 'TypeError', /^event is undefined/],
  [
    'handle of an event that there is not',
    () => begun().handle(any({ type: 'tick' }), 0),
    'RangeError',
    /^event\.type is 'tick'/,
  ],
  [
    'handle of several, one of which is none',
    () => begun().handle([{ type: 'wake' }, any(5)], 0),
    'TypeError',
    /^events\[1\] is 5/,
  ],
  [
    'handle without a time',
    () => begun().handle({ type: 'wake' }, any(undefined)),
    'TypeError',
    /^now is undefined/,
  ],
  [
    'handle at a time that goes back',
    () => {
      const running = begun()
      running.handle({ type: 'wake' }, 5)
      return running.handle({ type: 'wake' }, 4)
    },
    'RangeError',
    /^now is 4: a number of milliseconds, 5 or more/,
  ],
  ...(
    [
      [{ type: 'resolved', id: '0', candidates: [], source: 'dns' }, /^event\.id is '0'/],
      [{ type: 'resolved', id: 0, candidates: 5, source: 'dns' }, /^event\.candidates is 5/],
      [{ type: 'resolved', id: 0, candidates: [5], source: 'dns' }, /^event\.candidates\[0\] is 5/],
      [{ type: 'resolve-failed', id: 0, source: 'dns' }, /^event\.code is undefined/],
      [{ type: 'connect-failed', id: 1, code: 'E', message: 'm', sent: 1 }, /^event\.sent is 1/],
      [{ type: 'connected', id: 1 }, /^event\.local is undefined/],
    ] as const
  ).map(([event, where]): Case => [
    `handle of ${event.type} with a field that is wrong`,
    () => begun().handle(any(event), 0),
    'TypeError',
    where,
  ]),
  [
    'handle of an event that cannot happen',
    () => begun().handle({ type: 'connected', id: 1, local: '' }, 0),
    'RangeError',
    /^events is .*idle/,
  ],
  [
    'createRaceMachine()',
    () => library.createRaceMachine(any(undefined)),
    'TypeError',
    /^config is undefined/,
  ],
  [
    'createRaceMachine without timing',
    () => library.createRaceMachine({ ...begun().trace().config, timing: any(undefined) }),
    'TypeError',
    /^config\.timing is undefined/,
  ],
  [
    'createRaceMachine without one of the times',
    () => {
      const { config } = begun().trace()
      const incomplete = { ...config.timing, attemptTimeoutMs: any(undefined) }
      return library.createRaceMachine({ ...config, timing: incomplete })
    },
    'TypeError',
    /^config\.timing\.attemptTimeoutMs is undefined/,
  ],
  [
    'createRaceMachine without an order',
    () => library.createRaceMachine({ ...begun().trace().config, order: any(undefined) }),
    'TypeError',
    /^config\.order is undefined/,
  ],
  ['summarise()', () => library.summarise(any(undefined)), 'TypeError', /^trace is undefined/],
  ['summarise({})', () => library.summarise(any({})), 'TypeError', /^trace\.entries is undefined/],
  ['createAgent(null)', () => library.createAgent(any(null)), 'TypeError', /^options is null/],
  ...withOptions('createAgent', o => library.createAgent(o)),
  ['createConnector(null)', () => library.createConnector(any(null)), 'TypeError', /^options is/],
  [
    'createConnector tls',
    () => library.createConnector({ tls: any(5) }),
    'TypeError',
    /^options\.tls/,
  ],
  ...withOptions('createConnector', o => library.createConnector(o), SIGNAL),
  ['new ConnectionPool()', pool(undefined), 'TypeError', /^options is undefined/],
  ['new ConnectionPool({})', pool({}), 'TypeError', /^options\.host is undefined/],
  ...withOptions('new ConnectionPool', o => pool({ ...there, ...o })(), [
    ...TARGET,
    ['max', '4', 'TypeError'],
    ['max', 0, 'RangeError'],
    ['idleTimeoutMs', '30s', 'TypeError'],
    ['idleTimeoutMs', -1, 'RangeError'],
  ]),
  [
    'acquire(null)',
    () => new ConnectionPool(there).acquire(any(null)),
    'TypeError',
    /^options is null/,
  ],
  [
    'acquire with a signal that is none',
    () => new ConnectionPool(there).acquire({ signal: any('soon') }),
    'TypeError',
    /^options\.signal is 'soon'/,
  ],
  [
    'release()',
    () => new ConnectionPool(there).release(any(undefined)),
    'TypeError',
    /^socket is undefined/,
  ],
  [
    'release of a socket that is not of the pool',
    () => new ConnectionPool(there).release(new net.Socket()),
    'RangeError',
    /^the socket is not of this pool/,
  ],
  [
    'release with null',
    () => new ConnectionPool(there).release(new net.Socket(), any(null)),
    'TypeError',
    /^options is null/,
  ],
]

void t.test('every call says so by a TypeError or a RangeError with a code', async t => {
  for (const [call, run, kind, where] of CASES) {
    const error: unknown = await Promise.resolve()
      .then(run)
      .then(
        () => 'nothing was wrong with it',
        (thrown: unknown) => thrown,
      )
    t.match(error, { name: kind, code: 'ERR_INVALID_ARG', message: where }, call)
    t.ok(error instanceof (kind === 'TypeError' ? TypeError : RangeError), `${call}: its class`)
  }
})

void t.test('what returns no promise throws at once', async t => {
  const promising = /^(?:connect|openConnection|startConnection|acquire)/
  for (const [call, run] of CASES) if (!promising.test(call)) t.throws(run, call)
})
