import type { TraceEntry } from '../../src/eyeballs/race/types.ts'
import type { RaceError } from '../../src/library/race-error.ts'
import { checkOptions } from '../../src/library/race-options.ts'
import { createRaceName, raceAddresses, raceName } from '../../src/library/races.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { infoOf, listening, refusing, rejection, startsIn } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

const candidatesIn = (trace: readonly TraceEntry[]) =>
  trace.flatMap(entry =>
    'event' in entry && entry.event.type === 'resolved' ? entry.event.candidates : [],
  )

testLeavingNothing('later races know what earlier ones learnt', async (t, owner) => {
  const server = await listening(owner)
  const race = async (options: object): Promise<readonly TraceEntry[]> => {
    const trace: TraceEntry[] = []
    const checked = checkOptions({ ...options, onTrace: (e: TraceEntry) => trace.push(e) }, 5000)
    ;(await raceName({ host: 'localhost', port: server.port }, checked)).destroy()
    return trace
  }
  const first = candidatesIn(await race({})).find(({ family }) => family === 4)
  t.equal(first?.rttMs, undefined)
  const second = candidatesIn(await race({})).find(({ family }) => family === 4)
  t.type(second?.rttMs, 'number')
  t.equal(second?.attemptDelayMs, 100, 'a delay that follows the round trip, 100 ms at least')
  const third = candidatesIn(await race({ happyEyeballsDelayMs: 300 }))
  t.type(third.find(({ family }) => family === 4)?.rttMs, 'number', 'the order still follows it')
  t.ok(
    third.every(({ attemptDelayMs }) => attemptDelayMs === undefined),
    'a delay that was given is used as given',
  )
})

testLeavingNothing('a literal, and a name that does not exist', async (t, owner) => {
  const server = await listening(owner)
  const checked = checkOptions({}, 5000)
  const socket = await raceName({ host: '127.0.0.1', port: server.port }, checked)
  t.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
  t.match(await rejection(raceName({ host: 'a..b', port: 1 }, checked)), {
    name: 'RaceError',
    code: 'ERR_INVALID_NAME',
    host: 'a..b',
    port: 1,
    attempts: [],
  })
})

testLeavingNothing('a name is looked up, once for several calls', async (t, owner) => {
  const server = await listening(owner)
  const dns = await createDnsServer({
    'www.example.com': { addresses: ['127.0.0.1'] },
    'dead.example.com': { addresses: ['127.0.0.1', '::1'] },
  })
  owner.teardown(dns.close)
  const race = createRaceName({ servers: [dns.address], search: [] })
  const checked = checkOptions({}, 5000)
  for (let i = 0; i < 3; i++) {
    const socket = await race({ host: 'www.example.com', port: server.port }, checked)
    socket.destroy()
  }
  t.equal(dns.count('www.example.com', 'A'), 1)

  const missing = race({ host: 'missing.example.com', port: 443 }, checked)
  t.match(await rejection(missing), {
    name: 'RaceError',
    code: 'ENOTFOUND',
    message: 'missing.example.com: no such name (NXDOMAIN)',
    host: 'missing.example.com',
    port: 443,
    dns: [
      { type: 'AAAA', code: 'ENOTFOUND', error: { code: 'ENOTFOUND' } },
      { type: 'A', code: 'ENOTFOUND' },
    ],
    attempts: [],
  })
  const { port } = await refusing()
  t.match(await rejection(race({ host: 'dead.example.com', port }, checked)), {
    code: 'ECONNREFUSED',
    dns: [{ records: 1 }, { records: 1 }],
    attempts: { length: 2 },
  })
})

testLeavingNothing('timeoutMs and an abort end a lookup too', async (t, owner) => {
  const dns = await createDnsServer({ 'mute.example.com': { silent: true } })
  owner.teardown(dns.close)
  const race = createRaceName({ servers: [dns.address], search: [], timeoutMs: 300, attempts: 1 })
  const target = { host: 'mute.example.com', port: 443 }
  t.match(await rejection(race(target, checkOptions({ timeoutMs: 50 }, null))), {
    code: 'ETIMEDOUT',
    dns: [{ endMs: null }, { endMs: null }],
  })
  const controller = new AbortController()
  const { signal } = controller
  const aborted = race(target, checkOptions({ signal }, null))
  setTimeout(() => controller.abort('enough'), 20)
  t.equal(await rejection(aborted), 'enough')
})

const nowhere = { host: null, port: null }

testLeavingNothing('in the order given, not sorted, each once', async (t, owner) => {
  const server = await listening(owner)
  const trace: TraceEntry[] = []
  const onTrace = (entry: TraceEntry): unknown => trace.push(entry)
  const [four, six] = [await refusing(), await refusing('::1')]
  const socket = await raceAddresses(
    [four, four, six, infoOf(server)],
    checkOptions({ onTrace }, null),
    nowhere,
  )
  t.same(
    startsIn(trace).map(({ address }) => address),
    ['127.0.0.1', '::1', '127.0.0.1'],
  )
  socket.destroy()
})

testLeavingNothing('the error names what was asked for', async t => {
  const target = { host: 'example.com', port: 443 }
  const race = raceAddresses([await refusing()], checkOptions({}, null), target)
  const error = (await rejection(race)) as RaceError
  t.match(error, { ...target, code: 'ECONNREFUSED', dns: [] })
})

testLeavingNothing('the machine gets what the options say', async t => {
  const trace: TraceEntry[] = []
  const options = { happyEyeballsDelayMs: 70, interleave: 0, timeoutMs: 500, attemptTimeoutMs: 400 }
  const onTrace = (entry: TraceEntry): unknown => trace.push(entry)
  const list = [await refusing('::1'), await refusing('::1'), await refusing()]
  await rejection(raceAddresses(list, checkOptions({ ...options, onTrace }, null), nowhere))
  t.same(
    startsIn(trace).map(({ address }) => address),
    ['::1', '::1', '127.0.0.1'],
    'interleave 0 leaves the order as it is',
  )
  const wakes = trace.flatMap(entry =>
    'command' in entry && entry.command.type === 'wake-at' ? entry.command.at - entry.at : [],
  )
  t.ok(wakes.some(ms => Math.round(ms) === 70))
})
