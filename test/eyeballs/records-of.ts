import t from 'tap'
import { literalFamily, recordsOf } from '../../src/eyeballs/records-of.ts'

void t.test('a name is asked for in both families, AAAA first', async t => {
  t.equal(literalFamily('example.com'), undefined)
  t.strictSame(recordsOf('example.com'), ['AAAA', 'A'])
})

void t.test('a literal is asked for in its own family; a mapped one is IPv4', async t => {
  t.strictSame(recordsOf('192.0.2.1'), ['A'])
  t.strictSame(recordsOf('2001:db8::1'), ['AAAA'])
  t.strictSame(recordsOf('fe80::1%eth0'), ['AAAA'])
  t.strictSame(recordsOf('::ffff:192.0.2.1'), ['A'])
  t.equal(literalFamily('::ffff:192.0.2.1'), 4)
})
