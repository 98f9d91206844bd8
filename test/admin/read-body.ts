import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { BODY_MAX_BYTES, readBody } from '../../src/admin/read-body.ts'

const rig = () => {
  const request = new PassThrough()
  return { request, body: readBody(request as unknown as IncomingMessage) }
}

t.test('a body is read to its end', async t => {
  const { request, body } = rig()
  request.write(Buffer.from([0xc3]))
  request.end(Buffer.from([0xbc]))
  t.equal(await body, 'ü')
  const empty = rig()
  empty.request.end()
  t.equal(await empty.body, '')
})

t.test('a body has a maximum', async t => {
  const whole = rig()
  whole.request.end('x'.repeat(BODY_MAX_BYTES))
  t.equal((await whole.body)?.length, BODY_MAX_BYTES)
  const large = rig()
  large.request.write('x'.repeat(BODY_MAX_BYTES))
  large.request.write('x')
  t.equal(await large.body, null, 'before its end')
})

t.test('a client that leaves', async t => {
  const { request, body } = rig()
  request.write('{')
  request.destroy()
  await t.rejects(body, /left/)
})
