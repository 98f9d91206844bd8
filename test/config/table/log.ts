import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkRedactPath } from '../../../src/config/table/log.ts'
import { connectionLine } from '../../../src/log/connection-line.ts'
import { daemonLine } from '../../../src/log/daemon-line.ts'
import { CONNECTION_EVENTS, DAEMON_EVENTS, pathsOf } from '../../fixtures/log-events.ts'

const LINES = [...DAEMON_EVENTS.map(daemonLine), ...CONNECTION_EVENTS.map(connectionLine)]

t.test('every log field can be redacted and is named in docs/log.md', async t => {
  const docs = readFileSync('docs/log.md', 'utf8')
  const paths = LINES.flatMap(({ fields }) => pathsOf(fields))
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
