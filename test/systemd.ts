import t from 'tap'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

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
      .replace('/etc/eyeballd/%i.yaml', '/etc/eyeballd/eyeballd.yaml')
      .replace('/etc/eyeballd/%i.users', '/etc/eyeballd/users')
      .replace('/etc/eyeballd/%i.token', '/etc/eyeballd/token')
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
  t.equal(settings.get('RestartPreventExitStatus'), '2', 'wrong words do not mend by trying again')
  t.notOk(settings.has('MemoryDenyWriteExecute'), 'V8 writes code')
})
