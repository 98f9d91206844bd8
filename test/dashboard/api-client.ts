import t from 'tap'
import { createApiClient, FIRST_RACES_MAX } from '../../src/dashboard/api-client.ts'
import { raceEntry } from '../fixtures/race-entry.ts'
import { statusAnswer } from '../fixtures/status-answer.ts'

type Asked = { readonly url: string; readonly init: RequestInit }

const clientFor = (answer: () => Response | Promise<Response>, token: string | null = null) => {
  const asked: Asked[] = []
  const api = createApiClient(
    async (url, init) => {
      asked.push({ url, init })
      return answer()
    },
    () => token,
  )
  const header = (name: string): string | null => new Headers(asked.at(-1)?.init.headers).get(name)
  return { api, asked, header }
}

const { signal } = new AbortController()

t.test('answers in JSON', async t => {
  const { api, asked, header } = clientFor(() => Response.json(statusAnswer()))
  t.same(await api.status(signal), { isOk: true, value: statusAnswer() })
  t.equal(header('Authorization'), null)
  await api.races(signal)
  await api.connections(signal)
  await api.history(signal)
  t.same(
    asked.map(({ url }) => url),
    ['status', `races?limit=${FIRST_RACES_MAX}`, 'connections', 'history'],
    'relative: a proxy in front may have the page at another path',
  )
})

t.test('the token goes with each request', async t => {
  const { api, header } = clientFor(() => Response.json({}), 'secret')
  await api.status(signal)
  t.equal(header('Authorization'), 'Bearer secret')
  await api.race('example.com')
  t.equal(header('Authorization'), 'Bearer secret')
  await api.stream(7, signal)
  t.equal(header('Authorization'), 'Bearer secret')
})

t.test('a token that no header can hold is a wrong one', async t => {
  for (const token of ['\u201Csecret\u201D', 'two words', 'a\nb']) {
    const { api, asked } = clientFor(() => Response.json({}), token)
    t.match(await api.status(signal), { isOk: false, status: 401, message: /visible ASCII/ })
    t.same(asked, [], 'it is not sent')
  }
})

t.test('a race is asked for as no other site can', async t => {
  const { api, asked, header } = clientFor(() => Response.json(raceEntry()))
  t.match(await api.race('example.com:443'), {
    isOk: true,
    value: { target: 'www.example.com:443' },
  })
  t.match(asked[0], { url: 'race', init: { method: 'POST', body: '{"target":"example.com:443"}' } })
  t.equal(header('X-Eyeballd'), '1')
  t.equal(header('Content-Type'), 'application/json')
})

t.test('what is no answer is a message', async t => {
  const message = async (answer: () => Response | Promise<Response>) => {
    const result = await clientFor(answer).api.status(signal)
    return result.isOk ? 'ok' : `${result.status} ${result.message}`
  }
  t.equal(
    await message(() => new Response('a token is needed\n', { status: 401 })),
    '401 a token is needed',
  )
  t.equal(await message(() => new Response('', { status: 503 })), '503 HTTP status 503')
  const denied = { error: { code: 'ERR_ACCESS_DENIED', message: 'denied by access rule 2' } }
  t.equal(
    await message(() => Response.json(denied, { status: 403 })),
    '403 denied by access rule 2',
  )
  t.equal(await message(() => Response.json({}, { status: 403 })), '403 {}')
  const page = '<html><h1>502 Bad Gateway</h1></html>'
  t.equal(await message(() => new Response(page, { status: 502 })), '502 HTTP status 502')
  t.equal(
    await message(() => new Response('x'.repeat(5000), { status: 500 })),
    '500 HTTP status 500',
  )
  t.equal(
    await message(() => new Response('<html>')),
    '0 the daemon answered with something that is not JSON',
  )
  t.equal(
    await message(() => Promise.reject(new TypeError('Failed to fetch'))),
    '0 the daemon does not answer',
  )
  t.equal(
    await message(() => Promise.reject(new DOMException('timed out', 'TimeoutError'))),
    '0 the daemon did not answer in time',
  )
})

t.test('the stream goes on after the last race', async t => {
  const { api, header } = clientFor(() => new Response('data: x\n\n'))
  const answer = await api.stream(7, signal)
  t.equal(header('Last-Event-ID'), '7')
  t.equal(answer.isOk && (await new Response(answer.value).text()), 'data: x\n\n')
  t.match(await clientFor(() => new Response(null)).api.stream(0, signal), {
    isOk: false,
    status: 0,
  })
  t.match(await clientFor(() => new Response('no', { status: 404 })).api.stream(0, signal), {
    status: 404,
    message: 'no',
  })
})
