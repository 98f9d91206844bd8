import t from 'tap'
import type { CheckedRequest } from '../../src/admin/check-request.ts'
import { checkRequest, hasToken, isOwnHost, isOwnOrigin } from '../../src/admin/check-request.ts'
import type { AdminRoute } from '../../src/admin/routes.ts'

t.test('only the whole bearer token is accepted', async t => {
  for (const header of ['Bearer secret', 'bearer secret', 'BEARER   secret  '])
    t.equal(hasToken(header, 'secret'), true, header)
  for (const header of [
    undefined,
    '',
    'secret',
    'Bearer',
    'Bearer ',
    'Bearer secre',
    'Bearer secrets',
    'Bearer Secret',
    'Bearer secret secret',
    'Basic secret',
  ])
    t.equal(hasToken(header, 'secret'), false, String(header))
})

t.test('only the own Host is accepted', async t => {
  const local = '192.0.2.1'
  for (const host of [
    undefined,
    'localhost',
    'LOCALHOST:9000',
    '127.0.0.1',
    '127.0.0.1:9000',
    '127.9.9.9:1',
    '[::1]',
    '[::1]:9000',
    '[::ffff:127.0.0.1]:9000',
    '192.0.2.1',
    '192.0.2.1:9000',
    '[::ffff:192.0.2.1]',
  ])
    t.equal(isOwnHost(host, local), true, String(host))
  for (const host of [
    '',
    'evil.example',
    'evil.example:9000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.2',
    '2130706433',
    '[::2]:9000',
    '0.0.0.0',
  ])
    t.equal(isOwnHost(host, local), false, host)
  t.equal(isOwnHost('[fe80::1]:9', 'fe80::1%eth0'), true)
  t.equal(isOwnHost('192.0.2.1', undefined), false)
})

t.test('an Origin is that of the Host', async t => {
  for (const [origin, host] of [
    [undefined, 'a'],
    ['http://127.0.0.1:9000', '127.0.0.1:9000'],
    ['http://LOCALHOST:9000', 'localhost:9000'],
    ['https://gateway.example', 'Gateway.example'],
  ] as const)
    t.equal(isOwnOrigin(origin, host), true, String(origin))
  for (const [origin, host] of [
    ['null', '127.0.0.1:9000'],
    ['http://127.0.0.1:9001', '127.0.0.1:9000'],
    ['http://127.0.0.1', '127.0.0.1:9000'],
    ['http://evil.example', '127.0.0.1:9000'],
    ['http://127.0.0.1:9000.evil.example', '127.0.0.1:9000'],
    ['http://undefined', undefined],
    ['', ''],
  ] as const)
    t.equal(isOwnOrigin(origin, host), false, origin)
})

const answer = () => ({ status: 200, text: '' })
const DATA: AdminRoute = { isPublic: false, answer }
const PUBLIC: AdminRoute = { isPublic: true, answer }
const PAGE: AdminRoute = { isPublic: true, isPage: true, answer }
const POST: AdminRoute = { isPublic: false, method: 'POST', answer }

const check = (
  route: AdminRoute | undefined,
  { headers = {}, ...rest }: Partial<CheckedRequest> = {},
  token: string | null = null,
): ReturnType<typeof checkRequest> => {
  const asked = {
    method: 'GET',
    host: headers.host ?? '127.0.0.1:9000',
    localAddress: '127.0.0.1',
    isUnix: false,
  }
  return checkRequest({ ...asked, ...rest, headers }, route, token)
}

/** The status of the refusal; 200: none. */
const statusOf = (...asked: Parameters<typeof check>): number => check(...asked)?.status ?? 200

t.test('a page of another site gets nothing', async t => {
  const origin = 'http://evil.example'
  for (const isUnix of [false, true]) {
    for (const route of [DATA, PUBLIC, PAGE, POST, undefined])
      t.equal(statusOf(route, { isUnix, headers: { origin } }), 403)
  }
  for (const site of ['cross-site', 'same-site', 'nonsense']) {
    for (const route of [DATA, PUBLIC, PAGE, POST, undefined])
      t.equal(statusOf(route, { headers: { 'sec-fetch-site': site } }), 403, site)
  }
  for (const site of ['same-origin', 'none'])
    t.equal(statusOf(DATA, { headers: { 'sec-fetch-site': site } }), 200, site)
  // The token does not help a page of another site: a browser may have it from its user.
  const authorization = 'Bearer secret'
  t.equal(statusOf(DATA, { headers: { origin, authorization } }, 'secret'), 403)
})

t.test('a link on another site leads to the page only, and not into a frame', async t => {
  const link = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }
  t.equal(statusOf(PAGE, { headers: link }), 200)
  t.equal(statusOf(PAGE, { headers: { ...link, 'sec-fetch-dest': 'iframe' } }), 403)
  t.equal(statusOf(DATA, { headers: link }), 403)
  t.equal(statusOf(PUBLIC, { headers: link }), 403)
})

t.test('a page and a health check may have any name where data needs a token', async t => {
  const headers = { host: 'gateway.example' }
  t.equal(statusOf(PAGE, { headers }), 403)
  t.equal(statusOf(PAGE, { headers }, 'secret'), 200)
  t.equal(statusOf(PUBLIC, { headers }), 403)
  t.equal(statusOf(PUBLIC, { headers }, 'secret'), 200, 'a health check by name')
  t.equal(statusOf(DATA, { headers }, 'secret'), 403)
  const authorization = 'Bearer secret'
  t.equal(statusOf(DATA, { headers: { ...headers, authorization } }, 'secret'), 200)
  t.equal(statusOf(DATA, {}, 'secret'), 401)
  t.equal(statusOf(undefined, {}, 'secret'), 401)
  t.equal(statusOf(PUBLIC, {}, 'secret'), 200)
})

t.test('a POST needs its own header and JSON', async t => {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const own = { 'x-eyeballd': '1' }
  t.equal(statusOf(POST, { method: 'POST', headers: { ...type, ...own } }), 200)
  t.equal(statusOf(POST, { method: 'POST', headers: type }), 403)
  t.equal(statusOf(POST, { method: 'POST', headers: own }), 415)
  const form = { 'content-type': 'text/plain', ...own }
  t.equal(statusOf(POST, { method: 'POST', headers: form }), 415)
  t.equal(statusOf(POST, { method: 'GET' }), 405)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', undefined])
    t.equal(statusOf(DATA, { method }), 405, String(method))
  t.equal(statusOf(DATA, { method: 'HEAD' }), 200)
})

t.test('a refusal says what was found and what is allowed', async t => {
  const own = { 'x-eyeballd': '1' }
  const foreign = { 'sec-fetch-site': 'cross-site' }
  const cases = [
    [check(DATA, { method: 'PUT' }), 'found PUT; allowed: GET, HEAD'],
    [check(POST), 'found GET; allowed: POST'],
    [check(DATA, { headers: foreign }), 'Sec-Fetch-Site: found "cross-site"; allowed: '],
    [check(DATA, {}, 'secret'), 'Authorization: found none; expected: Bearer'],
    [check(DATA, { headers: { authorization: 'Bearer x' } }, 'secret'), 'found another one;'],
    [
      check(POST, { method: 'POST', headers: own }),
      'Content-Type: found ""; allowed: application/',
    ],
  ] as const
  for (const [refused, text] of cases) t.match(refused, { text: new RegExp(text) })
})
