import type { TraceEntry } from '../../src/eyeballs/race/types.ts'
import { checkOptions } from '../../src/library/check-options.ts'
import { raceAddresses } from '../../src/library/race-addresses.ts'
import type { RaceError } from '../../src/library/race-error.ts'
import { infoOf, listening, refusing, rejection, startsIn } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

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
