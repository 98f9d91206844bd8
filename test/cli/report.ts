import t from 'tap'
import { createAdminClient } from '../../src/cli/admin-client.ts'
import { report } from '../../src/cli/report.ts'
import type { CliIo } from '../../src/cli/types.ts'
import { createFakeIo, inputOf } from '../fixtures/cli-io.ts'
import { createFakeEndpoint } from '../fixtures/fake-endpoint.ts'
import { failedRace, raceEntry } from '../fixtures/race-entry.ts'

const AT = raceEntry().time
const openAdmin: CliIo['openAdmin'] = async (...parts) => createAdminClient(...parts)
const line = (facts: Parameters<typeof raceEntry>[0] = {}): string =>
  `${JSON.stringify({ event: 'race', ...raceEntry(facts) })}\n`

t.test('of a daemon', async t => {
  const races = [failedRace({ id: 2, time: AT }), raceEntry({ id: 1, time: AT - 7_200_000 })]
  const fake = await createFakeEndpoint({ races })
  t.teardown(fake.close)
  const io = createFakeIo({ openAdmin })
  const args = { admin: `127.0.0.1:${fake.port}` }
  t.equal(await report(args, io, AT + 1000), 0)
  t.match(io.out(), /^127\.0\.0\.1:\d+: 2 races, [^]*1 hidden failure, 1 failed race\n/)
  const json = createFakeIo({ openAdmin })
  t.equal(await report({ ...args, json: true, since: '1h' }, json, AT + 1000), 0)
  t.match(JSON.parse(json.out()), { races: 1, hidden: 0, failed: 1, demoted: [] })
  t.ok(fake.requests.some(({ url }) => url === '/history'))
})

t.test('of a log, by its name or on standard input', async t => {
  const openFile = (path: string) => {
    t.equal(path, 'x.log')
    return inputOf(line(), line({ target: 'b' }))
  }
  const file = createFakeIo({ openFile })
  t.equal(await report({ file: 'x.log' }, file, AT), 0)
  t.match(file.out(), /^x\.log: 2 races/)
  const piped = createFakeIo({ stdin: inputOf('no line of eyeballd\n', line()) })
  t.equal(await report({ file: '-' }, piped, AT), 0)
  t.match(piped.out(), /^the log on standard input: 1 race,/)
})

t.test('a log without a race in JSON says so', async t => {
  const pretty = createFakeIo({ stdin: inputOf('12:00:00 INFO example.com:443 won\n', 'x\n') })
  t.equal(await report({ file: '-' }, pretty, AT), 0)
  t.equal(
    pretty.err(),
    'eyeballd: the log on standard input: found no race in 2 lines; expected a log in JSON (log.format: json, log.races: all)\n',
  )
  const old = createFakeIo({ stdin: inputOf(line()) })
  t.equal(await report({ file: '-', since: '1s' }, old, AT + 60_000), 0)
  t.equal(old.err(), '', 'it has races, if none of this time')
})

t.test('masked races of a daemon', async t => {
  const masked = '[Redacted]' as never
  const races = [raceEntry({ attempts: masked, winner: masked, target: masked })]
  const fake = await createFakeEndpoint({ races })
  t.teardown(fake.close)
  const io = createFakeIo({ openAdmin })
  t.equal(await report({ admin: `127.0.0.1:${fake.port}` }, io, AT), 0)
  t.match(io.out(), /1 hidden failure/)
})

t.test('what is wrong', async t => {
  const io = createFakeIo()
  await t.rejects(report({}, io), { code: 'ERR_CONFIG', message: /^--admin: is missing/ })
  await t.rejects(report({ file: 'f', admin: '9000' }, io), {
    code: 'ERR_CONFIG',
    message: /^--admin: found FILE/,
  })
  await t.rejects(report({ file: '-', since: '5' }, io), {
    code: 'ERR_CONFIG',
    message: /^--since: /,
  })
  const openFile = async function* (): AsyncGenerator<string> {
    yield ''
    throw Object.assign(new Error('x'), { code: 'ENOENT' })
  }
  await t.rejects(report({ file: 'f' }, createFakeIo({ openFile })), {
    code: 'ENOENT',
    message: 'f: cannot be read: there is no such file',
  })
})
