import { pino } from 'pino'
import t from 'tap'
import { createRedaction } from '../../src/log/redaction.ts'
import { logSink } from '../fixtures/log-sink.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

t.test('what is named password or auth never shows, down to the third level', async t => {
  let text = ''
  const logger = pino(
    { base: null, ...createRedaction([]) },
    { write: line => void (text += line) },
  )
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

t.test('redacted fields show neither in their place nor in msg', async t => {
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

t.test('what one line hid does not touch the next', async t => {
  const { log, lines } = logSink({ redact: ['reason', 'user'] })
  log.emit({ ...wonEvent, user: '' })
  log.event({ type: 'stopped' })
  t.match(lines(), [{ user: '[Redacted]' }, { msg: 'stopped' }])
})
