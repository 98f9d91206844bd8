import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkRedactPath } from '../../../src/config/table/log.ts'
import { connectionLine } from '../../../src/log/connection-line.ts'
import { daemonLine } from '../../../src/log/daemon-line.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'
import { facts, failedEvent, wonEvent } from '../../fixtures/race-trace.ts'

type Events = { readonly [Type in DaemonEvent['type']]: Extract<DaemonEvent, { type: Type }> }

/** One event of each kind, with every field. */
const EVENTS: Events = {
  listening: { type: 'listening', listener: 'a', protocol: 'socks', address: 'b', connections: 1 },
  skipped: { type: 'skipped', listener: 'a', address: 'b', message: 'c' },
  engine: { type: 'engine', engine: 'stream', workers: 0, reason: 'a' },
  limit: { type: 'limit', connections: 1, maxConnections: 2, openFiles: 3 },
  exhausted: { type: 'exhausted', what: 'accept', code: 'EMFILE', failures: 1 },
  banned: { type: 'banned', client: 'a', failures: 10, banMs: 1 },
  users: { type: 'users', file: 'a', error: 'b', added: 1, removed: 2, changed: 3 },
  'hosts-cut': { type: 'hosts-cut', path: '/etc/hosts', maxBytes: 1 },
  'worker-lost': { type: 'worker-lost', reason: 'a', connections: 1, replaced: true },
  reload: { type: 'reload', error: 'a', lost: 1, restart: ['processes'] },
  'listener-lost': {
    type: 'listener-lost',
    listener: 'a',
    protocol: 'socks',
    address: 'b',
    message: 'c',
  },
  draining: { type: 'draining', signal: 'SIGTERM', connections: 1, timeoutMs: 1 },
  stopped: { type: 'stopped' },
  'process-lost': { type: 'process-lost', process: 1, reason: 'a', connections: 1, restartMs: 1 },
  'process-started': { type: 'process-started', process: 1 },
  dropped: { type: 'dropped', lines: 1 },
  fatal: { type: 'fatal', code: 'EIO', message: 'a' },
}

const LINES = [
  ...Object.values(EVENTS).map(event => daemonLine(event)),
  daemonLine({ type: 'reload', restart: ['processes'] }),
  connectionLine(wonEvent),
  connectionLine(failedEvent),
  connectionLine({
    type: 'request',
    ...facts,
    method: 'GET',
    path: '/',
    status: 200,
    bytesUp: 1,
    bytesDown: 2,
    durationMs: 3,
  }),
  connectionLine({
    type: 'close',
    ...facts,
    bytesUp: 1,
    bytesDown: 2,
    durationMs: 3,
    engine: 'stream',
    reason: 'eof',
  }),
]

const pathsOf = (value: unknown, path: string): readonly string[] => {
  if (Array.isArray(value)) {
    return [path, ...value.flatMap(item => pathsOf(item, `${path}[*]`))]
  }
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, `${path}.${key}`)),
  ]
}

t.test('every log field can be redacted and is named in docs/log.md', async t => {
  const docs = readFileSync('docs/log.md', 'utf8')
  const paths = LINES.flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([key, value]) => pathsOf(value, key)),
  )
  for (const path of new Set([...paths, 'msg'])) {
    t.doesNotThrow(() => checkRedactPath(path), path)
    const name = path.replace('[*]', '').split('.').at(-1) ?? ''
    t.match(docs, new RegExp(`\`${name}(?:\\[\\*\\])?\``), name)
  }
})

t.test('a path may have * in place of a field and of an item', async t => {
  for (const path of [
    'winner.*',
    'error.*',
    'attempts.*',
    'attempts.*.address',
    'attempts[*].*',
    'restart[*]',
  ]) {
    t.doesNotThrow(() => checkRedactPath(path), path)
  }
})

t.test('a path without a field is rejected', async t => {
  for (const path of [
    '',
    '*',
    '*.address',
    '.a',
    'client.',
    'a b',
    'attempts[0',
    "winner['address']",
    'password',
    'client.address',
    'winner.address.*',
    'level',
    'constructor',
    'attempts[0]',
  ]) {
    t.throws(
      () => checkRedactPath(path),
      { code: 'ERR_CONFIG', message: /^found ".*"; allowed: a field of log lines/ },
      path,
    )
  }
})

t.test('the message suggests the nearest field', async t => {
  for (const [path, near] of [
    ['clinet', 'client'],
    ['Client', 'client'],
    ['TARGET', 'target'],
    ['bytesup', 'bytesUp'],
    ['winner.adress', 'winner.address'],
    ['attempts.address', 'attempts[*].address'],
    ['message', 'error.message'],
    ['Local', 'winner.local'],
  ] as const) {
    t.throws(() => checkRedactPath(path), { message: `did you mean "${near}"?` }, path)
  }
  t.throws(() => checkRedactPath('zzzzzzz'), { message: /\(see docs\/log\.md\)$/ })
})
