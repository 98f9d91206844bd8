import t from 'tap'
import { leavesRest, syntaxMessage, UNQUOTED_ADDRESS } from '../../src/config/syntax-message.ts'

t.test('an unquoted address with brackets has its own message', async t => {
  const lines = [
    'listen: [::1]:1080',
    '  - { listen: [::1]:1080 }',
    '  - [2001:db8::1]:80',
    'a: [[::1]:80, x]',
    'target: [fe80::1%eth0]:22',
  ]
  for (const line of lines) t.equal(syntaxMessage('UNEXPECTED_TOKEN', line), UNQUOTED_ADDRESS, line)
  const others = ['listen: "[::1]:1080" x', "listen: '[::1]:1080' x", 'a: [1, 2', 'a: [x:y]', '']
  for (const line of others) t.not(syntaxMessage('UNEXPECTED_TOKEN', line), UNQUOTED_ADDRESS, line)
})

t.test('leavesRest is true for errors that affect one line', async t => {
  t.ok(leavesRest('DUPLICATE_KEY', ''))
  t.ok(leavesRest('UNEXPECTED_TOKEN', UNQUOTED_ADDRESS))
  t.notOk(leavesRest('UNEXPECTED_TOKEN', ''))
  t.notOk(leavesRest('MISSING_CHAR', ''))
})

t.test('each error code has a message that quotes nothing', async t => {
  t.match(syntaxMessage('DUPLICATE_KEY', 'a: secret'), /second time/)
  t.match(syntaxMessage('DUPLICATE_KEY', 'a: secret', { key: 'a' }), /key "a" for the second time/)
  t.match(syntaxMessage('SOMETHING_NEW', 'a: secret'), /is not YAML/)
  t.notMatch(syntaxMessage('BAD_ALIAS', 'a: *secret'), /secret/)
})
