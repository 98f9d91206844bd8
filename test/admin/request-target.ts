import t from 'tap'
import { readRequestTarget } from '../../src/admin/request-target.ts'

const read = (url: string, ...hosts: readonly string[]) => {
  const [host] = hosts
  const { query, ...rest } = readRequestTarget({
    url,
    headers: host === undefined ? {} : { host },
    rawHeaders: ['Accept', 'host', ...hosts.flatMap(each => ['Host', each])],
  })
  return { ...rest, query: String(query) }
}

t.test('the path, the query and the host of a request', async t => {
  t.same(read('/races?limit=1&client=a?b', 'localhost'), {
    path: '/races',
    query: 'limit=1&client=a%3Fb',
    host: 'localhost',
  })
  t.same(read('*'), { path: '*', query: '', host: undefined })
  t.same(read(''), { path: '', query: '', host: undefined })
})

t.test('the form for a proxy names the host itself', async t => {
  for (const [url, path, query, host] of [
    ['http://localhost:9000/races?limit=1', '/races', 'limit=1', 'localhost:9000'],
    ['HTTP://evil.example/healthz', '/healthz', '', 'evil.example'],
    ['http://localhost', '/', '', 'localhost'],
    ['http:///healthz', '/healthz', '', ''],
    ['http://evil.example@localhost/healthz', '/healthz', '', 'evil.example@localhost'],
    ['https://localhost/healthz', 'https://localhost/healthz', '', 'other'],
  ] as const)
    t.same(read(url, 'other'), { path, query, host }, url)
})

t.test('a second Host is refused', async t => {
  t.throws(() => read('/', 'localhost', 'evil.example'), {
    code: 'ERR_INVALID_ARG',
    message: 'Host: found 2 fields; allowed: one',
  })
})
