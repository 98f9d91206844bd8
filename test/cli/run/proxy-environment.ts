import t from 'tap'
import { proxyVariables, replacedProxies } from '../../../src/cli/run/proxy-environment.ts'

t.test('the variables, in both cases', async t => {
  const http = 'http://127.0.0.1:4080'
  const socks = 'socks5h://127.0.0.1:4080'
  const local = 'localhost,127.0.0.1,::1,[::1]'
  t.strictSame(proxyVariables({ host: '127.0.0.1', port: 4080 }), {
    http_proxy: http,
    HTTP_PROXY: http,
    https_proxy: http,
    HTTPS_PROXY: http,
    all_proxy: socks,
    ALL_PROXY: socks,
    ftp_proxy: undefined,
    FTP_PROXY: undefined,
    no_proxy: local,
    NO_PROXY: local,
    NODE_USE_ENV_PROXY: '1',
    RSYNC_PROXY: '127.0.0.1:4080',
  })
  t.equal(proxyVariables({ host: '::1', port: 1 })['http_proxy'], 'http://[::1]:1')
})

t.test('another proxy in the environment is named without its login', async t => {
  t.equal(replacedProxies({}), null)
  t.equal(replacedProxies({ http_proxy: ' ', no_proxy: 'x' }), null)
  const named = (env: Record<string, string>): string | null => replacedProxies(env)
  t.equal(
    named({ https_proxy: 'http://user:p@ss@proxy.example:3128/' }),
    'https_proxy named the proxy proxy.example:3128; the command does not use it, and connects directly',
  )
  t.match(
    named({ HTTP_PROXY: 'a.example:1', http_proxy: 'a.example:1', ALL_PROXY: 'socks5://[::1]:2' }),
    /^http_proxy named the proxy a\.example:1, ALL_PROXY named the proxy \[::1\]:2; the command does not use them,/,
  )
  t.notMatch(named({ http_proxy: 'http://u:secret@a/b@c' }), 'secret')
  t.match(named({ http_proxy: 'a\u001b[31m' }), String.raw`a\x1b[31m`)
})
