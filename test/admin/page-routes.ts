import t from 'tap'
import { createPageRoutes } from '../../src/admin/page-routes.ts'
import { failWithCode } from '../../src/core/fail.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'

const routes = createPageRoutes(async name => {
  if (name === 'app.css') throw failWithCode('ENOENT', '/secret/place/app.css is not there')
  if (name === 'app.js') throw failWithCode('EACCES', '/secret/place/app.js is forbidden')
  return Buffer.from(`<${name}>`)
})

const get = async (path: string, headers = {}) =>
  routes.get(path)?.answer(adminRequest('', { headers }))

t.test('the files are a fixed list', async t => {
  t.same([...routes.keys()], ['/', '/app.js', '/app.css'])
  for (const route of routes.values()) t.match(route, { isPublic: true, isPage: true })
})

t.test('the page has a strict policy, and is asked for again only if it has changed', async t => {
  const answer = await get('/')
  t.match(answer, {
    status: 200,
    type: 'text/html; charset=utf-8',
    headers: {
      'Content-Security-Policy':
        /^default-src 'none'; script-src 'self'; .*connect-src 'self'; .*frame-ancestors 'none'$/,
      'Cache-Control': 'no-cache',
    },
  })
  t.notMatch(answer?.headers?.['Content-Security-Policy'], /unsafe|\*/)
  t.equal(await bodyOf(answer), '<index.html>')
  const tag = answer?.headers?.['ETag']
  t.match(tag, /^"[\w-]{43}"$/)
  t.match(await get('/', { 'if-none-match': tag }), { status: 304, headers: { ETag: tag } })
  t.match(await get('/', { 'if-none-match': '"x"' }), { status: 200 })
})

t.test('a build without the page says so', async t => {
  t.match(await get('/app.css'), { status: 404, text: /no dashboard/ })
  await t.rejects(get('/app.js'), { code: 'EACCES' })
})
