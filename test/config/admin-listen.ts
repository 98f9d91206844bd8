import t from 'tap'
import { readAdminListen } from '../../src/config/admin-listen.ts'

const read = (text: string): string | undefined => readAdminListen('f', () => Buffer.from(text))

t.test('what a file says of the endpoint, whatever else it says', async t => {
  t.equal(read('admin: { listen: 127.0.0.1:1 }\nnonsense: true'), '127.0.0.1:1')
  t.equal(read('admin:\n  listen: off\n'), 'off')
  t.equal(read('{ "admin": { "listen": "unix:/a" } }'), 'unix:/a')
  t.equal(read('admin: { listen: 9000 }'), '9000')
  for (const text of ['', '# x', '[]', 'admin:', 'admin: x', 'admin: {}', 'admin: { listen: [5] }'])
    t.equal(read(text), undefined, text)
})

t.test('a file that cannot be read, or is no YAML', async t => {
  t.throws(() => read('admin: {'), { code: 'ERR_CONFIG', message: /^f:1:/ })
  t.throws(
    () =>
      readAdminListen('/nonexistent', () => {
        throw Object.assign(new Error('x'), { code: 'ENOENT' })
      }),
    {
      code: 'ERR_CONFIG',
      message: '/nonexistent: cannot be read: there is no such file',
    },
  )
})
