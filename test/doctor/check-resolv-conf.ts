import t from 'tap'
import { checkResolvConf } from '../../src/doctor/check-resolv-conf.ts'
import { parseResolvConf } from '../../src/resolver/resolv-conf.ts'

const look = (text: string, servers = ['192.0.2.53']): readonly string[] =>
  checkResolvConf(parseResolvConf(text), servers).map(
    ({ id, severity, message }) => `${id} ${severity}: ${message}`,
  )

t.test('nothing unusual', async t => {
  t.strictSame(look(''), ['resolv.search ok: There are no search domains'])
  t.strictSame(look('search a.example b.example'), [
    'resolv.search ok: Short names are searched in a.example, b.example',
  ])
})

t.test('what makes lookups long', async t => {
  const [found] = look('search a b c\noptions ndots:5')
  t.match(
    found,
    /^resolv\.search note: A name with fewer than 5 dots is tried in 3 search domains first \(a, b, c\)/,
  )
  t.match(look('search a b c d e')[0], /^resolv\.search note: A name with fewer than 1 dot is/)
  t.match(look('', ['a', 'b', 'c', 'd'])[0], /^resolv\.servers note: There are 4 DNS servers/)
})

t.test('options', async t => {
  const option = (text: string): string => look(`options ${text}`)[1] ?? ''
  t.match(option('no-aaaa'), /^resolv\.options warning: .*no-aaaa/)
  t.match(option('use-vc'), /^resolv\.options note: .*use-vc/)
  t.match(option('single-request'), /^resolv\.options note: .*single-request/)
  t.match(option('timeout:10'), /^resolv\.options note: .* 10 s$/)
  t.equal(option('timeout:2'), '')
})
