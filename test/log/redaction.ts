import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { createRedaction } from '../../src/log/redaction.ts'
import { logSink } from '../fixtures/log-sink.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

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
      const facts = { conn: 'c1', listener: 'socks', protocol: 'socks5' as const, client, user }
      const one = { ...facts, target: `${name}:443` }
      const message = `${name}: denied to ${user} at ${facts.client}, ${name.toUpperCase()}. is "${name}"`
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
