import t from 'tap'
import type { Test } from 'tap'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endChild, exitOf, own } from './fixtures/children.ts'
import { temporaryDirectory } from './fixtures/start-eyeballd.ts'

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../systemd/${name}`, import.meta.url))
const textOf = (name: string): string => readFileSync(pathOf(name), 'utf8')

const UNITS = ['eyeballd.service', 'eyeballd@.service', 'eyeballd.socket']
const SERVICES = UNITS.filter(name => name.endsWith('.service'))

const settings = new Map(
  textOf('eyeballd.service')
    .split('\n')
    .map(line => /^(\w+)=(.*)$/.exec(line))
    .map(match => [match?.[1] ?? '', match?.[2] ?? '']),
)
const example = readFileSync(new URL('../config/eyeballd.yaml', import.meta.url), 'utf8')

const analyze = (...words: string[]) => spawnSync('systemd-analyze', words, { encoding: 'utf8' })
const skip =
  analyze('--version').status === 0 ? false : 'systemd-analyze is missing (package systemd)'

/** Of 10; what is left is the network, which is the service's work, and V8's compiler. */
const EXPOSURE_MAX = 1.5

t.test('the units are such that systemd understands', { skip }, async t => {
  const { status, stdout, stderr } = analyze('verify', '--man=no', ...UNITS.map(pathOf))
  t.equal(status, 0)
  t.equal(stdout + stderr, '')
})

t.test('the service can do little beside its work', { skip }, async t => {
  const threshold = `--threshold=${EXPOSURE_MAX * 10}`
  for (const unit of SERVICES.map(pathOf)) {
    const { status, stdout } = analyze('security', '--offline=true', '--no-pager', threshold, unit)
    t.equal(status, 0, stdout.trim().split('\n').at(-1) ?? '')
  }
})

t.test('an instance differs from the service by its names alone', async t => {
  const plain = textOf('eyeballd.service').replace(/^[^]*?(?=\[Unit\])/, '')
  const instance = textOf('eyeballd@.service').replace(/^[^]*?(?=\[Unit\])/, '')
  t.equal(
    instance
      .replace('eyeballd %i,', 'eyeballd,')
      .replace('eyeballd@%i.socket', 'eyeballd.socket')
      .replace('/etc/eyeballd/%i.yaml', '/etc/eyeballd/eyeballd.yaml')
      .replace('/etc/eyeballd/%i.users', '/etc/eyeballd/users')
      .replace('/etc/eyeballd/%i.token', '/etc/eyeballd/token')
      .replace('SyslogIdentifier=eyeballd-%i', 'SyslogIdentifier=eyeballd')
      .replace('RuntimeDirectory=eyeballd-%i', 'RuntimeDirectory=eyeballd')
      .replace('unix:/run/eyeballd-work/', 'unix:/run/eyeballd/')
      .replaceAll('eyeballd@work.service', 'eyeballd.service'),
    plain,
  )
})

t.test('the sockets are the addresses of a daemon without configuration', async t => {
  const streams = [...textOf('eyeballd.socket').matchAll(/^ListenStream=(.*)$/gm)]
  t.same(
    streams.map(([, address]) => address),
    ['127.0.0.1:1080', '[::1]:1080'],
  )
})

t.test('the unit fits the defaults of the daemon', async t => {
  const drainSeconds = Number(/^#? ?drainTimeout: (\d+)s/m.exec(example)?.[1])
  t.ok(Number.parseInt(settings.get('TimeoutStopSec') ?? '', 10) > drainSeconds, 'time to drain')
  const connections = Number(/maxConnections: (\d+)/.exec(example)?.[1])
  t.equal(Number(settings.get('LimitNOFILE')), 4 * connections + 2000, 'all connections at once')
  t.equal(settings.get('RestartPreventExitStatus'), '2', 'wrong words stay wrong')
  t.equal(settings.get('SyslogIdentifier'), 'eyeballd', 'not the program of ExecStart')
  t.equal(settings.get('StartLimitIntervalSec'), '0', 'other failures may pass')
  t.notOk(settings.has('MemoryDenyWriteExecute'), 'V8 writes code')
})

/** Runs a line `sh -c` of the unit with these programs, and no others. */
const runLine = (
  t: Test,
  key: string,
  programs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): number | null => {
  const [, words = ''] = /^\/bin\/sh -c (["'].*["'])$/.exec(settings.get(key) ?? '') ?? []
  t.not(words, '', key)
  const directory = temporaryDirectory(t)
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return spawnSync('/bin/sh', ['-c', words.slice(1, -1)], { env: { PATH: directory, ...env } })
    .status
}

t.test('a reload checks the file, then signals, with a shell alone', async t => {
  const main = own(spawn('sleep', ['60']))
  t.teardown(() => endChild(main))
  const reload = (status: number): number | null =>
    runLine(t, 'ExecReload', { eyeballd: `exit ${status}` }, { MAINPID: String(main.pid) })
  t.equal(reload(2), 2, 'a wrong file makes the reload fail')
  t.equal(main.signalCode, null)
  t.equal(reload(0), 0)
  t.match(await exitOf(main), { signal: 'SIGHUP' })
})

t.test('after a wrong configuration there is a pause before the next start', async t => {
  const directory = temporaryDirectory(t)
  for (const [status, hasPause] of [
    ['0', false],
    ['1', false],
    ['KILL', false],
    ['2', true],
  ] as const) {
    const mark = join(directory, status)
    const programs = { sleep: `echo "$1" >${mark}` }
    t.equal(runLine(t, 'ExecStopPost', programs, { EXIT_STATUS: status }), 0, status)
    t.equal(existsSync(mark), hasPause, status)
  }
  t.equal(readFileSync(join(directory, '2'), 'utf8'), '3\n')
})
