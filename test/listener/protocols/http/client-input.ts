import t from 'tap'
import type { ClientInput } from '../../../../src/listener/protocols/http/client-input.ts'
import { createClientInput } from '../../../../src/listener/protocols/http/client-input.ts'
import type { RequestHead } from '../../../../src/wire/http/wire.ts'

const HEAD = 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n'
/** The head that was decoded before. */
const FIRST: RequestHead = {
  method: 'GET',
  target: 'http://example.com/',
  version: '1.1',
  fields: [],
  bytes: Buffer.from(HEAD),
}
const INNER = Buffer.from('POST / HTTP/1.1\r\n\r\n')

/** An input, and what it reported. `accepts` is what `push` returns. */
const open = (rest = '') => {
  const heard: string[] = []
  const state = { accepts: true, isPaused: false, onHead: (_input: ClientInput) => {} }
  const socket = {
    pause: () => {
      state.isPaused = true
    },
    resume: () => {
      state.isPaused = false
    },
  }
  const input: ClientInput = createClientInput(
    socket,
    { head: FIRST, rest: Buffer.from(rest) },
    {
      onBegin: () => heard.push('begin'),
      onHead: ({ method, target }) => {
        heard.push(`${method} ${target}`)
        state.onHead(input)
      },
      onFault: error => heard.push((error as { code: string }).code),
      onNoHead: () => heard.push('no head'),
      push: bytes => {
        heard.push(`push ${Buffer.from(bytes).toString()}`)
        return state.accepts
      },
      onBodyEnd: () => heard.push('end'),
    },
  )
  const send = (text: string): void => input.receive(Buffer.from(text))
  return { input, heard, state, send }
}

t.test('a head, byte by byte and at once, and nothing behind it', async t => {
  const { input, heard, send } = open()
  input.nextHead(false)
  for (const character of HEAD) send(character)
  t.same(heard, ['begin', 'GET http://example.com/'])
  send('x')
  t.same(heard.length, 2)
  t.equal(input.isEmpty(), false)

  const other = open(`\r\n\r\n${HEAD}${HEAD}`)
  t.same(other.heard, [], 'nothing is read before it is asked for')
  other.input.nextHead(false)
  t.same(other.heard, ['begin', 'GET http://example.com/'])
  other.input.nextHead(false)
  t.same(other.heard.length, 4)
  t.equal(other.input.isEmpty(), true)
})

t.test('empty lines in front of a head are no head', async t => {
  const { input, heard, send } = open()
  input.nextHead(false)
  send('\r\n')
  send('\n')
  t.same(heard, [])
  t.equal(input.isEmpty(), true)
})

t.test('an invalid head is the last', async t => {
  const { input, heard, send } = open()
  input.nextHead(false)
  send('GET  /')
  t.same(heard, ['begin', 'ERR_HTTP_HEAD'])
  send(HEAD)
  input.nextHead(false)
  t.same(heard.length, 2)
})

t.test('a body of a known length ends where it ends', async t => {
  const { input, heard, send } = open('ab')
  input.feed(INNER, 5)
  send('cdeGET')
  t.same(heard.slice(1), ['push ab', 'push cde'])
  t.equal(input.isEmpty(), false)
  input.nextHead(false)
  t.same(heard.slice(3), ['begin'])
})

t.test('a body waits until it is wanted', async t => {
  const { input, heard, send, state } = open()
  state.accepts = false
  input.feed(INNER, Infinity)
  send('ab')
  send('cd')
  t.same(heard.slice(1), [])
  input.wanted()
  t.same(heard.slice(1), ['push abcd'])
  state.accepts = true
  input.wanted()
  send('e')
  send('f')
  t.same(heard.slice(2), ['push e', 'push f'])
})

t.test('a client that sends without end is paused at 64 KiB', async t => {
  const { input, send, state, heard } = open()
  state.accepts = false
  input.feed(INNER, Infinity)
  send('x'.repeat(65_535))
  t.equal(state.isPaused, false)
  send('x')
  t.equal(state.isPaused, true)
  input.wanted()
  t.equal(state.isPaused, false)
  t.equal(heard.length, 2)

  const waiting = open()
  waiting.send('x'.repeat(70_000))
  t.equal(waiting.state.isPaused, true, 'while a request is served')
})

t.test('a FIN in a body is reported when the bytes before it are passed on', async t => {
  const { input, heard, send, state } = open()
  state.accepts = false
  input.feed(INNER, 10)
  send('ab')
  input.end()
  t.equal(heard.includes('end'), false)
  state.accepts = true
  input.wanted()
  t.same(heard.slice(1), ['push ab', 'end'])

  const whole = open('abc')
  whole.input.feed(INNER, 3)
  whole.input.end()
  t.equal(whole.heard.includes('end'), false, 'not behind a whole body')
})

t.test('hooks may call back', async t => {
  const { input, heard, state } = open(HEAD.repeat(3))
  state.onHead = each => {
    each.feed(INNER, 0)
    each.nextHead(false)
  }
  input.nextHead(false)
  t.equal(heard.filter(what => what.startsWith('GET')).length, 3)
})

t.test('after its end nothing is kept', async t => {
  const { input, heard, send } = open('GET')
  input.nextHead(false)
  input.stop()
  send(HEAD)
  input.wanted()
  t.same(heard, ['begin'])
  t.equal(input.isEmpty(), true)
})

t.test('behind a FIN, a head that is not whole never comes', async t => {
  for (const rest of ['', '\r\n', HEAD.slice(0, 20)]) {
    const { input, heard } = open(rest)
    input.nextHead(true)
    t.equal(heard.at(-1), 'no head', JSON.stringify(rest))
  }
  const { input, heard } = open(HEAD + HEAD.slice(0, 5))
  input.nextHead(true)
  t.same(heard, ['begin', 'GET http://example.com/'])
  input.nextHead(true)
  t.equal(heard.at(-1), 'no head')
})

t.test(
  'the bytes of requests: heads with the empty lines in front of them, and bodies',
  async t => {
    const { input, send, state } = open(`abc\r\n\r\n${HEAD}${HEAD}`)
    let size = HEAD.length
    t.equal(input.taken(), size, 'the first head')
    state.accepts = false
    input.feed(INNER, 3)
    t.equal(input.taken(), size, 'a body counts when it is passed on')
    input.wanted()
    size += 3
    t.equal(input.taken(), size)
    input.nextHead(false)
    size += 4 + HEAD.length
    t.equal(input.taken(), size)
    input.nextHead(false)
    size += HEAD.length
    t.equal(input.taken(), size, 'a pipelined one')
    input.nextHead(false)
    for (const character of `\r\n${HEAD}`.slice(0, -1)) send(character)
    t.equal(input.taken(), size, 'not before it is whole')
    send('\nrest')
    size += 2 + HEAD.length
    t.equal(input.taken(), size)
    input.stop()
    t.equal(input.taken(), size, 'what is discarded does not count')
  },
)
