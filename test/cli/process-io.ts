import { PassThrough } from 'node:stream'
import t from 'tap'
import { createProcessIo } from '../../src/cli/process-io.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { createHandSignals } from '../fixtures/hand-signals.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'

const fakeProcess = () => {
  const stdout = Object.assign(new PassThrough(), { fd: 1, isTTY: false, columns: undefined })
  const stderr = Object.assign(new PassThrough(), { fd: 2, isTTY: true, columns: 80 })
  const stdin = new PassThrough()
  return { stdout, stderr, stdin, env: { A: 'b' }, on: () => {}, off: () => {} }
}

t.test('createProcessIo reads and writes as the process does', async t => {
  const fake = fakeProcess()
  const io = createProcessIo(fake as unknown as NodeJS.Process, createHandSignals().signals)
  io.stdout.write('out')
  io.stderr.write('err')
  t.equal(String(fake.stdout.read()), 'out')
  t.equal(String(fake.stderr.read()), 'err')
  t.match(io, {
    stdout: { isTTY: false, columns: undefined },
    stderr: { isTTY: true, columns: 80 },
  })
  t.strictSame(io.env, { A: 'b' })
  const file = `${t.testdir({})}/f`
  io.writeFile(file, 'text')
  t.equal(String(io.readFile(file)), 'text')
  const pieces: string[] = []
  for await (const piece of io.openFile(file)) pieces.push(String(piece))
  t.equal(pieces.join(''), 'text')
  t.type(await io.openAdmin([], null), 'object')
})

t.test('a closed standard output does not crash the process', async t => {
  const fake = fakeProcess()
  createProcessIo(fake as unknown as NodeJS.Process, createHandSignals().signals)
  t.doesNotThrow(() => fake.stdout.emit('error', new Error('EPIPE')))
})

t.test('a wrong configuration starts no daemon', async t => {
  const io = createProcessIo(
    fakeProcess() as unknown as NodeJS.Process,
    createHandSignals().signals,
  )
  const load = () => {
    throw Object.assign(new Error('wrong'), { code: 'ERR_CONFIG' })
  }
  await t.rejects(io.runDaemon({ load, reload: null }), { code: 'ERR_CONFIG' })
})

t.test('openRaces races on this host', async t => {
  const io = createProcessIo(
    fakeProcess() as unknown as NodeJS.Process,
    createHandSignals().signals,
  )
  const races = await io.openRaces(
    parseConfig('resolver: { hosts: { a.example: 192.0.2.1 } }', 'f'),
  )
  t.match(await races.lookup('a.example', 'A'), { ok: true, addresses: ['192.0.2.1'] })
  t.match(await races.source('127.0.0.1'), { address: '127.0.0.1' })
  t.ok(races.now() > 0)
  races.close()
})

t.test('an exchange with nobody fails as the system says, and doctor sees this host', async t => {
  const io = createProcessIo(
    fakeProcess() as unknown as NodeJS.Process,
    createHandSignals().signals,
  )
  const nobody = { type: 'unix', path: `${makeSocketDir(t)}/socket` } as const
  await t.rejects(io.exchange(nobody, new Uint8Array(1), 1, 10_000), { code: 'ENOENT' })
  const { host, close } = await io.openDoctor(parseConfig('{}', 'f'))
  t.match(host.interfaceOf('127.0.0.1'), /^lo/)
  t.equal(host.interfaceOf('192.0.2.1'), null)
  close()
})

t.test('releaseSignals restores the default action of signals', async t => {
  const { signals, caught } = createHandSignals()
  await createProcessIo(fakeProcess() as unknown as NodeJS.Process, signals).releaseSignals()
  t.strictSame(caught(), [])
})

t.test('standard input, the engines of this host, and the end by a signal', async t => {
  const killed: unknown[] = []
  const fake = Object.assign(fakeProcess(), {
    pid: 4711,
    kill: (...words: unknown[]) => killed.push(words),
  })
  const io = createProcessIo(fake as unknown as NodeJS.Process, createHandSignals().signals)
  t.equal(io.stdin, fake.stdin)
  await t.resolves(io.checkEngine('stream'), 'that engine runs everywhere')
  await io.endBy('SIGTERM')
  t.same(killed, [[4711, 'SIGTERM']])
})
