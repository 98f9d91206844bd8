import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { createRedaction } from '../../src/log/redaction.ts'
import { connectionLine } from '../../src/log/connection-line.ts'
import { daemonLine } from '../../src/log/daemon-line.ts'
import type { Log } from '../../src/log/types.ts'
import { CONNECTION_EVENTS, DAEMON_EVENTS, pathsOf } from '../fixtures/log-events.ts'
import { logSink } from '../fixtures/log-sink.ts'
import { facts, failedEvent, wonEvent } from '../fixtures/race-trace.ts'

t.test('fields named password or auth are masked, down to the third level', async t => {
  let text = ''
  const { mask, redact } = createRedaction([])
  const logger = pino({ base: null, redact }, { write: line => void (text += mask(line)) })
  const secret = 'correct horse'
  logger.info(
    {
      password: secret,
      auth: { user: secret },
      a: { password: secret, auth: secret, b: { password: secret } },
    },
    `login with ${secret}`,
  )
  t.notMatch(text, secret)
  t.match(text, 'login with [Redacted]')
})

t.test('redacted values appear neither in their fields nor in msg', async t => {
  for (const format of ['json', 'pretty'] as const) {
    const { log, text } = logSink({
      format,
      redact: ['client', 'target', 'winner.address', 'attempts[*].address'],
    })
    log.emit(wonEvent)
    log.emit(failedEvent)
    t.notMatch(text(), /51544|127\.0\.0\.1|example\.com|192\.0\.2\.1"|2001:db8|by 192/)
    t.match(text(), '[Redacted] won by [Redacted] after 271 ms')
  }
})

t.test('a whole list can be redacted, pretty too', async t => {
  const { log, text } = logSink({ format: 'pretty', redact: ['dns', 'attempts'] })
  log.emit(wonEvent)
  t.notMatch(text(), /AAAA|2001/)
})

t.test('the values masked in one line do not affect the next', async t => {
  const { log, lines } = logSink({ redact: ['reason', 'user'] })
  log.emit({ ...wonEvent, user: '' })
  log.event({ type: 'stopped' })
  t.match(lines(), [{ user: '[Redacted]' }, { msg: 'stopped' }])
})

t.test('redacted values are masked in error messages and in lists', async t => {
  const host = 'Secret.Example.com'
  const address = '2001:db8::53'
  const error = { code: 'ENOTFOUND', message: `no such name: secret.example.com, at ${address}` }
  const { log, lines } = logSink({ redact: ['target'] })
  log.emit({ ...failedEvent, target: `${host}.:443,[2001:DB8:0::53]:1`, error })
  log.emit({ ...failedEvent, target: 'a.example:1,b.example:2', error })
  const [first, second] = lines()
  t.match(first, { target: '[Redacted]', error: { code: 'ENOTFOUND' } })
  t.match(first?.['error'], { message: 'no such name: [Redacted], at [Redacted]' })
  t.match(first, { msg: /no such name: \[Redacted\], at \[Redacted\]$/ })
  t.notMatch(JSON.stringify(second), /[ab]\.example/, 'the hosts of the lookups')
})

t.test('a value is masked as a whole word, and the log vocabulary stays', async t => {
  const { log, lines } = logSink({ redact: ['user'] })
  const error = { code: 'E', message: 'a race of a user' }
  log.emit({ ...failedEvent, user: 'a', error })
  log.emit({ ...failedEvent, user: 'race', error })
  t.match(lines(), [
    { event: 'race', error: { message: '[Redacted] race of [Redacted] user' } },
    { event: 'race', error: { message: 'a [Redacted] of a user' } },
  ])
})

t.test('the addresses of a redacted object are masked elsewhere too', async t => {
  const { log, text } = logSink({ redact: ['winner'] })
  log.emit(wonEvent)
  t.notMatch(text(), '192.0.2.1"')
  t.match(text(), 'won by [Redacted] after')
})

t.test('a redacted name never occurs in a line', async () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{6,20}[a-z0-9]$/)
  const names = fc.tuple(label, label, label).map(parts => parts.join('.'))
  const users = fc.string({ minLength: 8, maxLength: 20 }).filter(user => /^\S+$/.test(user))
  fc.assert(
    fc.property(names, users, fc.boolean(), (name, user, pretty) => {
      const redact = ['target', 'user', 'client']
      const { log, text } = logSink({ redact, format: pretty ? 'pretty' : 'json' })
      const client = '198.51.100.7:4711'
      const one = { ...facts, client, user, target: `${name}:443` }
      const message = `${name}: denied to ${user} at ${client}, ${name.toUpperCase()}. is "${name}"`
      log.emit({ ...failedEvent, ...one, error: { code: 'E', message } })
      log.emit({ ...wonEvent, ...one, target: `a.example:1,${name}:443` })
      log.emit({ type: 'rejected', ...one, reason: 'access', message, probe: false })
      const end = {
        bytesUp: 1,
        bytesDown: 1,
        durationMs: 1,
        engine: 'stream',
        reason: 'eof',
      } as const
      log.emit({ type: 'close', ...one, ...end })
      const shown = text().toLowerCase()
      const escaped = JSON.stringify(user).slice(1, -1).toLowerCase()
      return ![name, escaped, '198.51.100.7'].some(secret => shown.includes(secret))
    }),
  )
})

/** The texts and numbers at a path of a line, with the forms that its message may have of them. */
const valuesAt = (fields: Readonly<Record<string, unknown>>, path: string): readonly string[] => {
  const key = path.split('.').at(-1) ?? ''
  const found = path
    .replaceAll('[*]', '.*')
    .split('.')
    .reduce<readonly unknown[]>(
      (all, step) =>
        all.flatMap(value =>
          typeof value !== 'object' || value === null
            ? []
            : Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
                step === '*' || name === step ? [inner] : [],
              ),
        ),
      [fields],
    )
  return found.flatMap(value => {
    if (typeof value === 'string') return [value]
    if (typeof value !== 'number') return []
    return key.endsWith('Ms')
      ? [value, Math.round(value), value / 1000].map(String)
      : [String(value)]
  })
}

t.test('no masked field leaves its value in the message of any line', async t => {
  const daemon = DAEMON_EVENTS.map(event => ({
    ...daemonLine(event),
    write: (log: Log) => log.event(event),
  }))
  const connections = CONNECTION_EVENTS.map(event => ({
    ...connectionLine(event),
    write: (log: Log) => log.emit(event),
  }))
  for (const { fields, write } of [...daemon, ...connections]) {
    const left = [...new Set(pathsOf(fields))].filter(path => {
      const { log, lines } = logSink({ redact: [path] })
      write(log)
      const msg = String(lines()[0]?.['msg'])
      const words = msg.split(/[\s(),;]+|:(?= )|$/)
      return valuesAt(fields, path).some(value =>
        /^\w+$/.test(value) ? words.includes(value) : msg.includes(value),
      )
    })
    t.same(left, [], fields.event)
  }
})

t.test('a path is masked behind its target', async t => {
  for (const redact of [['path'], ['target', 'path'], ['path', 'target']]) {
    const { log, text } = logSink({ redact })
    for (const event of CONNECTION_EVENTS) if (event.type === 'request') log.emit(event)
    t.notMatch(text(), /reset|token|abc123|80\*/, redact.join(', '))
  }
})

t.test('a masked number stays in addresses, and a masked port goes from them', async t => {
  const error = { code: 'E', message: 'after 1 s: 192.0.2.1 and ::1 are away, 443 bytes, code 1' }
  const event = { ...wonEvent, outcome: 'failed', client: '127.0.0.1:1', error } as const
  const attempt = logSink({ redact: ['attempts[*].n'] })
  attempt.log.emit(event)
  t.match(attempt.lines(), [
    {
      client: '127.0.0.1:1',
      error: {
        message: 'after [Redacted] s: 192.0.2.1 and ::1 are away, 443 bytes, code [Redacted]',
      },
    },
  ])
  for (const redact of ['winner.port', 'winner.*']) {
    const port = logSink({ redact: [redact] })
    port.log.emit(event)
    t.match(port.lines(), [{ target: 'example.com:[Redacted]', error: { message: /443 bytes/ } }])
  }
})

t.test('the network of a masked IPv6 client is masked, and its address without a zone', async t => {
  const { log, lines } = logSink({ redact: ['client'] })
  const client = '[2001:db8:1:2::3]:51544'
  const message = '2001:db8:1:2::/64 is banned'
  log.emit({ type: 'rejected', ...facts, client, reason: 'auth', message, probe: false })
  const linkLocal = { ...facts, client: '[fe80::5%eth0]:1', target: null }
  log.emit({
    type: 'rejected',
    ...linkLocal,
    reason: 'auth',
    message: 'fe80::5 left',
    probe: false,
  })
  t.match(lines(), [
    { msg: '[Redacted] rejected (auth): [Redacted] is banned' },
    { msg: '[Redacted] rejected (auth): [Redacted] left' },
  ])
})

t.test('a line without the hidden text elsewhere stays as it is', async t => {
  const { redact, mask } = createRedaction(['user', 'target'])
  const line = '{"user":"[Redacted]","msg":"nobody"}\n'
  redact.censor('alice', ['user'])
  t.equal(mask(line), line)
  t.equal(mask('{"msg":"alice"}'), '{"msg":"alice"}', 'it is forgotten after its line')
  redact.censor('a"b', ['user'])
  t.equal(mask('{"msg":"of a\\"b here"}'), '{"msg":"of [Redacted] here"}\n')
  redact.censor('alice', ['user'])
  redact.censor('example.com:443', ['target'])
  t.equal(
    mask('{"msg":"ALICE to example.com:4430, malice"}'),
    '{"msg":"[Redacted] to [Redacted]:4430, malice"}\n',
  )
})
