import t from 'tap'
import { encodeInterim } from '../../../../src/listener/protocols/http/interim-response.ts'

t.test('an interim response has no body', async t => {
  const bytes = encodeInterim(103, 'Early Hints', ['Link', '</a>', 'Link', '</b>'])
  t.equal(
    Buffer.from(bytes).toString('latin1'),
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n',
  )
  t.equal(Buffer.from(encodeInterim(100, '', [])).toString('latin1'), 'HTTP/1.1 100 \r\n\r\n')
})
