import t from 'tap'
import { createPretty } from '../../src/log/pretty.ts'
import { logSink } from '../fixtures/log-sink.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

const after = (text: string): string => text.replace(/^\S+ /, '')

t.test('a race on one line', async t => {
  const { log, text } = logSink({ format: 'pretty' })
  log.emit(wonEvent)
  t.match(text(), /^\d\d:\d\d:\d\d\.\d{3} /)
  t.equal(
    after(text()),
    'INFO  c1x9   race      example.com:443 won by 192.0.2.1 after 271 ms [hidden failure] | AAAA 1 in 3 ms, A 1 in 2 ms cache | 2001:db8::1 cancelled 3-271 ms, 192.0.2.1 connected 254-271 ms\n',
  )
})

t.test('a race that failed', async t => {
  const { log, text } = logSink({ format: 'pretty' })
  log.emit(failedEvent)
  t.equal(
    after(text()),
    'WARN  c1x9   race      example.com:443 failed after 1000 ms: connect ECONNREFUSED | AAAA a.example ENOTFOUND in 1 ms, A b.example 3 in 2 ms, AAAA b.example - | 192.0.2.1 port 2 ECONNREFUSED 2-3 ms, 192.0.2.2 port 1 ERR_ACCESS_DENIED 3-3 ms, 192.0.2.3 port 2 ETIMEDOUT 13-1000 ms\n',
  )
})

t.test('colours on a terminal', async t => {
  const { log, text } = logSink({ format: 'auto' }, true)
  log.emit(wonEvent)
  t.match(text(), '\u001b[32mconnected\u001b[0m')
  t.match(text(), '\u001b[32mINFO ')
})

t.test('a client cannot write to the terminal', async t => {
  const { log, text } = logSink({ format: 'pretty' })
  log.emit({ ...wonEvent, target: 'evil\u001b[2J\n12:00:00 INFO forged:1' })
  t.equal(text().split('\n').length, 2)
  t.notMatch(text(), '\u001b')
})

t.test('a line that cannot be parsed is passed on unchanged', async t => {
  const pretty = createPretty(false)
  t.equal(pretty('not json\n'), 'not json\n')
  t.match(pretty('{"level":35,"time":0,"event":"x","msg":"m"}'), /INFO .* x {8} +m\n$/)
  const open = { n: 1, address: '192.0.2.1', family: 4, startMs: 1, endMs: null, outcome: null }
  t.match(
    pretty(
      JSON.stringify({
        level: 30,
        time: 0,
        event: 'race',
        msg: 'm',
        attempts: [{ ...open, outcome: 'failed' }, open],
      }),
    ),
    '192.0.2.1 failed 1- ms, 192.0.2.1 under way 1- ms',
  )
})
