/** The bytes in the log lines of forwarded requests, over real sockets. */
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { requestTo } from '../fixtures/http-talk.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(60_000)

const origin = await httpOrigin(t)
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [{ protocol: 'http', listen: '127.0.0.1:0' }],
    log: { level: 'debug' },
  },
})

const sum = (sizes: readonly unknown[]): number => sizes.reduce<number>((a, b) => a + Number(b), 0)

type Piece = readonly [text: string, responses: number, requests?: number]

/**
 * Sends pieces, each when so many responses have begun, and so many requests have reached the origin, for those
 * before it. Gives the bytes in the lines of the connection.
 */
const send = async (...pieces: readonly Piece[]) => {
  const [closes, earlier] = ['close', 'request'].map(event => eyeballd.linesOf(event).length)
  const socket = connect(eyeballd.address())
  let text = ''
  socket.on('data', chunk => (text += chunk.toString('latin1'))).on('error', () => {})
  let begun = 0
  let asked = origin.requests.length
  for (const [bytes, responses, requests = responses] of pieces) {
    socket.write(bytes)
    begun += responses
    asked += requests
    const isThere = (): boolean =>
      origin.requests.length === asked &&
      (text.match(/HTTP\/1.1 200 [^]*?\r\n\r\n[^]/g)?.length ?? 0) === begun
    if (!(await eventually(isThere, 10_000))) throw new Error(text)
  }
  socket.end()
  if (!socket.readableEnded) await once(socket, 'end')
  await eyeballd.waitFor(() => eyeballd.linesOf('close').length > (closes ?? 0))
  const close: LogLine | undefined = eyeballd.linesOf('close').at(-1)
  const up = eyeballd
    .linesOf('request')
    .slice(earlier)
    .map(line => line['bytesUp'])
  return { up, total: close?.['bytesUp'] }
}

const get = (path: string): string => requestTo(`${origin.url}/${path}`)
const post = (fields: string): string => requestTo(`${origin.url}/echo`, fields, 'POST')

await t.test('each request has the bytes of its head and its body', async t => {
  const [one, two, three] = [get('1'), get('with-a-longer-path'), get('3')]
  const withBody = `${post('Content-Length: 5\r\n')}hello`
  const [head, late] = [post('Content-Length: 11\r\n'), 'hello world']
  const { up, total } = await send(
    [one, 1],
    [two + three + one, 3],
    [withBody, 1],
    [head, 0, 1],
    [late, 1, 0],
    [`\r\n\r\n${withBody}${two}`, 2],
  )
  const sizes = [one, two, three, one, withBody, head + late, `\r\n\r\n${withBody}`, two]
  t.same(
    up,
    sizes.map(({ length }) => length),
  )
  t.equal(total, sum(up))
})

await t.test('chunks count as they came, in one piece and in several', async t => {
  const head = post('Transfer-Encoding: chunked\r\n')
  const [first, second] = ['5;x=y\r\nhello\r\n', '6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n']
  const whole = [get('before').length, head.length + first.length + second.length]
  for (const pieces of [
    [[get('before') + head + first + second, 2]],
    [
      [get('before'), 1],
      [head, 0, 1],
      [first, 1, 0],
      [second, 0],
    ],
  ] as const) {
    const { up, total } = await send(...pieces)
    t.same(up, whole)
    t.equal(total, sum(whole))
  }
})

await t.test('bytes that are no whole request count for none', async t => {
  const { up, total } = await send([get('1') + get('2').slice(0, 20), 1])
  t.same(up, [get('1').length])
  t.equal(total, get('1').length + 20)
})

await t.test('nothing is left to do', async t => {
  await eyeballd.stop(t)
})
