import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { logSink } from '../fixtures/log-sink.ts'
import { facts, failedEvent, wonEvent } from '../fixtures/race-trace.ts'

const closeEvent: Extract<ListenerEvent, { type: 'close' }> = {
  type: 'close',
  ...facts,
  bytesUp: 1,
  bytesDown: 2,
  durationMs: 27.456,
  engine: 'stream',
  reason: 'eof',
}
const rejected = (probe: boolean, reply?: number): ListenerEvent => ({
  type: 'rejected',
  ...facts,
  target: null,
  reason: 'auth',
  message: 'unknown user or wrong password',
  probe,
  ...(reply !== undefined && { reply }),
})
const accepted: ListenerEvent = {
  type: 'accepted',
  conn: 'c1x9',
  listener: 'mixed-1080',
  client: '127.0.0.1:51544',
}

t.test('the race line is exactly as documented, except for its time', async t => {
  const { log, text } = logSink()
  log.emit(wonEvent)
  const time = Number(/"time":(\d{13}),/.exec(text())?.[1])
  t.ok(Math.abs(time - Date.now()) < 60_000, 'epoch milliseconds')
  t.equal(
    text(),
    `{"level":30,"time":${time},"event":"race","conn":"c1x9","listener":"mixed-1080","protocol":"socks5","client":"127.0.0.1:51544","user":null,"target":"example.com:443",` +
      '"outcome":"won","durationMs":271.4,"winner":{"address":"192.0.2.1","family":4,"port":443,"local":"192.0.2.77:40112","attempt":2},' +
      '"dns":[{"type":"AAAA","startMs":0,"endMs":3.1,"records":1,"ttl":300,"source":"dns"},{"type":"A","startMs":0.1,"endMs":2.2,"records":1,"ttl":60,"source":"cache"}],' +
      '"attempts":[{"n":1,"address":"2001:db8::1","family":6,"startMs":3.3,"endMs":271.3,"outcome":"cancelled"},' +
      '{"n":2,"address":"192.0.2.1","family":4,"startMs":253.5,"endMs":271.2,"outcome":"connected"}],' +
      '"hidden":true,"msg":"example.com:443 won by 192.0.2.1 after 271 ms"}\n',
  )
})

t.test('connection lines are the same as those of pino', async t => {
  const odd = { ...facts, target: 'a"\\\u0007é\ud800\u2028.example:1' }
  for (const event of [wonEvent, failedEvent, { ...closeEvent, ...odd }, accepted]) {
    const [plain, byPino] = [logSink(), logSink({ redact: ['nothing'] })]
    plain.log.emit(event)
    byPino.log.emit(event)
    const withoutTime = (text: string): string => text.replace(/"time":\d+/, '')
    t.equal(withoutTime(plain.text()), withoutTime(byPino.text()))
  }
})

t.test('which races are logged', async t => {
  const aborted: ListenerEvent = { ...wonEvent, outcome: 'aborted', reply: null }
  const outcomes = (races: 'all' | 'failed' | 'none'): unknown[] => {
    const { log, lines } = logSink({ races })
    for (const event of [wonEvent, failedEvent, aborted]) log.emit(event)
    return lines().map(({ level, outcome }) => `${outcome as string} ${level as number}`)
  }
  t.same(outcomes('all'), ['won 30', 'failed 40', 'aborted 30'])
  t.same(outcomes('failed'), ['failed 40'])
  t.same(outcomes('none'), [])
})

t.test('levels', async t => {
  const seen = (level: 'trace' | 'debug' | 'info' | 'silent'): unknown[] => {
    const { log, lines } = logSink({ level })
    for (const event of [accepted, rejected(true), rejected(false, 1), closeEvent]) log.emit(event)
    return lines().map(line => [line['event'], line['level']])
  }
  const info = [
    ['rejected', 40],
    ['close', 30],
  ]
  t.same(seen('trace'), [['accepted', 10], ['rejected', 20], ...info])
  t.same(seen('debug'), [['rejected', 20], ...info])
  t.same(seen('info'), info)
  t.same(seen('silent'), [])
})

t.test('every line of a connection has its conn; none has pid or hostname', async t => {
  const { log, lines } = logSink()
  for (const event of [accepted, wonEvent, closeEvent, rejected(false)]) log.emit(event)
  log.event({ type: 'stopped' })
  t.same(
    lines().map(({ conn }) => conn),
    ['c1x9', 'c1x9', 'c1x9', 'c1x9', undefined],
  )
  t.notOk(lines().some(line => 'pid' in line || 'hostname' in line))
})

t.test('a reload changes level, format and filter at once', async t => {
  const { log, text } = logSink({ level: 'warn' })
  log.event({ type: 'stopped' })
  t.equal(text(), '')
  log.change({ level: 'info', format: 'pretty', races: 'none', redact: [] })
  log.emit(wonEvent)
  log.event({ type: 'stopped' })
  t.match(text(), /^\S+ INFO {9}stopped {3}eyeballd has stopped\n$/)
})

t.test('auto is pretty on a terminal and JSON elsewhere', async t => {
  for (const isTerminal of [true, false]) {
    const { log, text } = logSink({ format: 'auto' }, isTerminal)
    log.event({ type: 'stopped' })
    t.equal(text().startsWith('{'), !isTerminal)
  }
})

t.test('a percent sign or a brace in a name is not interpreted', async t => {
  const { log, lines } = logSink()
  log.emit({ ...closeEvent, target: '%s%d%j{"a":1}:1' })
  t.match(lines()[0], { target: '%s%d%j{"a":1}:1', msg: /^%s%d%j\{"a":1\}:1 closed/ })
})

t.test('createLog writes to a descriptor, and the queue is written at exit', async t => {
  const child = spawn(process.execPath, [COMPILED, 'test/fixtures/log-child.ts', 'exit', '3000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', data => (text += data as string))
  const [code] = (await once(child, 'close')) as [number | null]
  t.equal(code, 3)
  t.equal(text.split('\n').length - 1, 3000, 'no line is lost by process.exit')
})
