import t from 'tap'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import { connectionLevel, connectionLine } from '../../src/log/connection-line.ts'
import { facts, failedEvent, wonEvent } from '../fixtures/race-trace.ts'

t.test('the line of a failed race has its error and its reply', async t => {
  const { fields, msg } = connectionLine(failedEvent)
  t.same(Object.keys(JSON.parse(JSON.stringify(fields)) as object), [
    'event',
    'conn',
    'listener',
    'protocol',
    'client',
    'user',
    'target',
    'outcome',
    'durationMs',
    'winner',
    'dns',
    'attempts',
    'hidden',
    'error',
    'reply',
  ])
  t.match(fields, { error: { code: 'ERR_RACE_FAILED', message: 'connect ECONNREFUSED' }, reply: 5 })
  t.equal(msg, 'example.com:443 failed after 1000 ms: connect ECONNREFUSED')
})

t.test('an aborted race without a target', async t => {
  const trace = { v: 1, config: { queries: [] } as never, entries: [] } as const
  t.equal(
    connectionLine({
      type: 'race',
      ...facts,
      target: null,
      outcome: 'aborted',
      reply: null,
      trace,
      summary: summarise(trace),
    }).msg,
    'race aborted after 0 ms',
  )
})

t.test('request', async t => {
  const event = {
    type: 'request',
    ...facts,
    method: 'GET',
    path: '/a',
    status: 200,
    bytesUp: 77,
    bytesDown: 1024,
    durationMs: 12.345,
  } as const
  const { fields, msg } = connectionLine(event)
  t.equal(
    JSON.stringify(fields),
    '{"event":"request","conn":"c1x9","listener":"mixed-1080","protocol":"socks5","client":"127.0.0.1:51544","user":null,"target":"example.com:443","method":"GET","path":"/a","status":200,"bytesUp":77,"bytesDown":1024,"durationMs":12.3}',
  )
  t.equal(msg, 'GET example.com:443/a got 200 after 12 ms')
  t.match(connectionLine({ ...event, status: null }).msg, /got no response/)
  t.equal(connectionLevel(event, 'none'), 'debug')
})

t.test('close', async t => {
  const event = {
    type: 'close',
    ...facts,
    bytesUp: 77,
    bytesDown: 1024,
    durationMs: 12.345,
    engine: 'stream',
    reason: 'client-reset',
  } as const
  const { fields, msg } = connectionLine(event)
  t.equal(
    JSON.stringify(fields),
    '{"event":"close","conn":"c1x9","listener":"mixed-1080","protocol":"socks5","client":"127.0.0.1:51544","user":null,"target":"example.com:443","bytesUp":77,"bytesDown":1024,"durationMs":12.3,"engine":"stream","reason":"client-reset"}',
  )
  t.equal(msg, 'example.com:443 closed (client-reset) after 12 ms, 77 bytes up, 1024 bytes down')
  t.match(connectionLine({ ...event, target: null }).msg, /^127.0.0.1:51544 closed/)
})

t.test('rejected', async t => {
  const event = {
    type: 'rejected',
    ...facts,
    target: null,
    reason: 'auth',
    message: 'wrong password',
    probe: false,
  } as const
  t.equal(
    JSON.stringify(connectionLine(event).fields),
    '{"event":"rejected","conn":"c1x9","listener":"mixed-1080","protocol":"socks5","client":"127.0.0.1:51544","user":null,"target":null,"reason":"auth"}',
  )
  t.match(connectionLine({ ...event, reply: 2 }), {
    fields: { reply: 2 },
    msg: '127.0.0.1:51544 rejected (auth): wrong password',
  })
  t.equal(connectionLevel(event, 'none'), 'warn')
  const banned = { ...event, reason: 'banned' } as const
  t.match(connectionLine(banned), {
    fields: { reason: 'auth' },
    msg: '127.0.0.1:51544 rejected (auth): wrong password',
  })
  t.equal(connectionLevel(banned, 'none'), 'debug', 'a banned client cannot fill the log')
})

t.test('accepted', async t => {
  const event = { type: 'accepted', conn: 'c', listener: 'l', client: 'unix' } as const
  t.same(connectionLine(event), {
    fields: { event: 'accepted', conn: 'c', listener: 'l', client: 'unix' },
    msg: 'l accepted a connection from unix',
  })
  t.equal(connectionLevel(event, 'none'), 'trace')
})

t.test('an unknown field is not logged', async t => {
  const stray = { ...wonEvent, password: 'hunter2', login: { password: 'hunter2' } }
  t.notMatch(JSON.stringify(connectionLine(stray)), /hunter2/)
})
