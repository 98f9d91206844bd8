import t from 'tap'
import { localhostAnswer } from '../../src/resolver/localhost.ts'

t.test('RFC 6761 section 6.3: localhost and names below it are the loopback addresses', async t => {
  for (const name of ['localhost', 'app.localhost', 'a.b.localhost']) {
    t.match(localhostAnswer(name, 'A'), { ok: true, addresses: ['127.0.0.1'], source: 'hosts' })
    t.match(localhostAnswer(name, 'AAAA'), { ok: true, addresses: ['::1'], source: 'hosts' })
  }
})

t.test('other names are not', async t => {
  for (const name of ['localhost.example.com', 'notlocalhost', 'localhos', 'local']) {
    t.equal(localhostAnswer(name, 'A'), undefined, name)
  }
})
